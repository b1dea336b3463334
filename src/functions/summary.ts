import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { readParameters } from '../api/http/parameters';
import { summaryParameters } from '../api/requests/summarySchemas';
import type { Services } from '../app/services';
import { need } from '../app/settings';
import { deadlines } from '../azure/hub/deadlines';
import { parseFilter } from '../conditions/deviceFilter';
import { freshNow } from '../conditions/freshness';
import { summarize } from '../queries/summarize';

/** Answers how many devices there are, by location, by connectivity, or by both. */
export async function summary({ query }: HttpRequest, { hub, settings }: Services): Promise<HttpResponseInit> {
  const { by, ...filter } = readParameters(summaryParameters, query);
  const paths = { location: need(settings.locationPath), connectivity: need(settings.connectivityPath) };
  const condition = await parseFilter(filter, paths);
  const freshness = freshNow();
  return { jsonBody: { ...(await summarize(hub(deadlines.request), by, paths, condition)), freshness } };
}

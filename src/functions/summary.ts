import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { readParameters } from '../http/parameters';
import { parseFilter } from '../queries/deviceFilter';
import { freshNow } from '../queries/freshness';
import { summarize } from '../queries/summarize';
import { summaryParameters } from '../queries/summarySchemas';
import { deadlines, type Services } from '../services';
import { need } from '../settings';

/** Answers how many devices there are, by location, by connectivity, or by both. */
export async function summary({ query }: HttpRequest, { hub, settings }: Services): Promise<HttpResponseInit> {
  const { by, ...filter } = readParameters(summaryParameters, query);
  const paths = { location: need(settings.locationPath), connectivity: need(settings.connectivityPath) };
  const condition = parseFilter(filter, paths);
  const freshness = freshNow();
  return { jsonBody: { ...(await summarize(hub(deadlines.request), by, paths, condition)), freshness } };
}

import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import * as z from 'zod/mini';
import { endpoint } from '../http/endpoint';
import { readParameters, textParameter } from '../http/parameters';
import { parseFilter } from '../queries/deviceFilter';
import { freshNow, freshnessSchema } from '../queries/freshness';
import { summarize, summaryCountSchema, summaryDimensions } from '../queries/summarize';
import { deadlines, type Services } from '../services';
import { need } from '../settings';

/** The query parameters of `GET /api/summary`. `where` is a condition as JSON text (see `conditionSchema`). */
export const summaryParameters = z.object({
  by: z._default(z.enum(summaryDimensions, `is one of: ${summaryDimensions.join(' | ')}`), 'location'),
  location: textParameter,
  connectivity: textParameter,
  where: textParameter,
});

/** The answer of `GET /api/summary`. */
export const summaryAnswer = z.object({
  counts: z.array(summaryCountSchema),
  hubQueries: z.int(),
  freshness: freshnessSchema,
});

/** Answers how many devices there are, by location, by connectivity, or by both. */
export async function summary({ query }: HttpRequest, { hub, settings }: Services): Promise<HttpResponseInit> {
  const { by, ...filter } = readParameters(summaryParameters, query);
  const paths = { location: need(settings.locationPath), connectivity: need(settings.connectivityPath) };
  const condition = parseFilter(filter, paths);
  const freshness = freshNow();
  return { jsonBody: { ...(await summarize(hub(deadlines.request), by, paths, condition)), freshness } };
}

app.get('summary', { route: 'summary', authLevel: 'function', handler: endpoint(summary) });

import * as z from 'zod/mini';
import { freshnessSchema } from '../../conditions/freshness';
import { summaryCountSchema, summaryDimensions } from '../../queries/summarize';
import { textParameter } from '../http/parameters';

/** The query parameters of `GET /api/summary`. `where` is a condition as JSON text (see `conditionSchema`), `filter` one in words. */
export const summaryParameters = z.object({
  by: z._default(z.enum(summaryDimensions, `is one of: ${summaryDimensions.join(' | ')}`), 'location'),
  location: textParameter,
  connectivity: textParameter,
  where: textParameter,
  filter: textParameter,
});

/** The answer of `GET /api/summary`. */
export const summaryAnswer = z.object({
  counts: z.array(summaryCountSchema),
  hubQueries: z.int(),
  freshness: freshnessSchema,
});

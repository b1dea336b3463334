import * as z from 'zod/mini';

/**
 * How fresh an answer is. The hub's query index lags behind the twins: by seconds most of the time, at times by half an
 * hour; a device that was deleted may stay in it for longer.
 */
export const freshnessSchema = z.object({
  source: z.literal('queryIndex'),
  /** When the index was asked. */
  askedAt: z.iso.datetime(),
});

export type Freshness = z.infer<typeof freshnessSchema>;

/** Of what is asked now. */
export function freshNow(): Freshness {
  return { source: 'queryIndex', askedAt: new Date().toISOString() };
}

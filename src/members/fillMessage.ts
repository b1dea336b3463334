import * as z from 'zod/mini';

const messageSchema = z.object({
  kind: z.literal('fill'),
  /** Of the step. */
  number: z.int().check(z.gte(0)),
  /** How often in a row it came to nothing. */
  attempt: z.int().check(z.gte(0)),
});

/** What the queue carries: take the next step of the first fill. */
export type FillMessage = z.infer<typeof messageSchema>;

/** Undefined for a message of another kind. */
export function readFillMessage(message: unknown): FillMessage | undefined {
  return messageSchema.safeParse(message).data;
}

import * as z from 'zod/mini';
import { describeFaults } from '../describeFaults';
import { InvalidInputError } from '../invalidInputError';

const common = {
  jobId: z.string().check(z.regex(/^[a-z0-9-]{1,64}$/)),
  number: z.int().check(z.gte(0)),
  /** How often in a row it came to nothing. */
  attempt: z.int().check(z.gte(0)),
};

const messageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('chunk'), ...common }),
  z.object({ kind: z.literal('list'), ...common }),
]);

/**
 * What the queue carries: tag the devices of a chunk, or list a page of a condition's devices. The devices themselves
 * are in the table: a message that is lost or put aside takes none of them along.
 */
export type TagMessage = z.infer<typeof messageSchema>;

/** @throws InvalidInputError for what is no message of this app. */
export function parseTagMessage(message: unknown): TagMessage {
  const { success, data, error } = messageSchema.safeParse(message);
  if (success) return data;
  throw new InvalidInputError(`Not a message of a tag job: ${describeFaults(error)}.`);
}

import * as z from 'zod/mini';
import type { Queue } from '../azure/queue/queue';
import { describeFaults } from '../errors/describeFaults';
import { InvalidInputError } from '../errors/invalidInputError';
import { workThrough } from '../workThrough';

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

/** Messages sent at a time. */
const atATime = 32;

/** Sends a message that was not tried yet. */
export async function sendNew(
  queue: Pick<Queue, 'send'>,
  { kind, jobId, number }: Pick<TagMessage, 'kind' | 'jobId' | 'number'>,
): Promise<void> {
  await queue.send({ kind, jobId, number, attempt: 0 } satisfies TagMessage);
}

/** Sends chunks that were not tried yet. */
export async function sendChunks(queue: Pick<Queue, 'send'>, jobId: string, numbers: Iterable<number>): Promise<void> {
  await workThrough(numbers, atATime, async (number) => {
    await sendNew(queue, { kind: 'chunk', jobId, number });
    return 'goOn';
  });
}

import type { InvocationContext } from '@azure/functions';
import { jobMeans } from '../app/jobMeans';
import type { Services } from '../app/services';
import { formatPairs } from '../formatPairs';
import { parseTagMessage } from '../tagJobs/messages';
import { workMessage } from '../tagJobs/workMessage';

/** Tags the devices of a chunk, or lists some to tag. Throws only for a message that no later try could work. */
export async function workTagJobs(message: unknown, context: InvocationContext, services: Services): Promise<void> {
  const isRepeated = Number(context.triggerMetadata?.dequeueCount) > 1;
  const { what, pairs, isTrouble } = await workMessage(parseTagMessage(message), jobMeans(services), isRepeated);
  const line = `tag job ${pairs.jobId}, ${pairs.kind} ${pairs.number}: ${what} | ${formatPairs(pairs)}`;
  if (isTrouble) context.warn(line);
  else context.log(line);
}

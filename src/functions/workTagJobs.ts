import type { InvocationContext } from '@azure/functions';
import { formatPairs } from '../formatPairs';
import { services as processServices, type Services } from '../services';
import { parseTagMessage } from '../tagJobs/messages';
import { workMessage } from '../tagJobs/workMessage';

/** Tags the devices of a chunk, or lists some to tag. Throws only for a message that no later try could work. */
export async function workTagJobs(
  message: unknown,
  context: InvocationContext,
  services: Services = processServices,
): Promise<void> {
  const isRepeated = Number(context.triggerMetadata?.dequeueCount) > 1;
  const { what, pairs, isTrouble } = await workMessage(parseTagMessage(message), services, isRepeated);
  const line = `tag job ${pairs.jobId}, ${pairs.kind} ${pairs.number}: ${what} | ${formatPairs(pairs)}`;
  if (isTrouble) context.warn(line);
  else context.log(line);
}

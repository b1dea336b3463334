import type { InvocationContext } from '@azure/functions';
import { fillMeans } from '../app/fillMeans';
import { jobMeans } from '../app/jobMeans';
import type { Services } from '../app/services';
import { formatPairs } from '../formatPairs';
import { workFill } from '../members/fill';
import { readFillMessage } from '../members/fillMessage';
import { parseTagMessage } from '../tagJobs/messages';
import { workMessage } from '../tagJobs/workMessage';

/**
 * Tags the devices of a chunk, or lists some to tag; the same queue carries the steps of the members' first fill. Throws only
 * for a message that no later try could work.
 */
export async function workTagJobs(message: unknown, context: InvocationContext, services: Services): Promise<void> {
  const fill = readFillMessage(message);
  const { what, pairs, isTrouble } = fill
    ? await workFill(fill, fillMeans(services))
    : await workMessage(
        parseTagMessage(message),
        jobMeans(services),
        Number(context.triggerMetadata?.dequeueCount) > 1,
      );
  const title = fill ? 'members' : `tag job ${pairs.jobId}`;
  const line = `${title}, ${pairs.kind} ${pairs.number}: ${what} | ${formatPairs(pairs)}`;
  if (isTrouble) context.warn(line);
  else context.log(line);
}

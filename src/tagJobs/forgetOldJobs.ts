import type { InvocationContext } from '@azure/functions';
import { formatPairs } from '../formatPairs';
import type { Services } from '../services';

/** Removes what is kept of old tag jobs, some of it at a time. A failure is logged: it is done again at the next run. */
export async function forgetOldJobs(context: InvocationContext, { records }: Services): Promise<void> {
  try {
    const removed = (await records()?.tagJobSweep.run()) ?? 0;
    if (removed > 0) context.log(`tag jobs: forgot old ones | ${formatPairs({ rows: removed })}`);
  } catch (error) {
    context.error('tag jobs: old ones not forgotten.', error);
  }
}

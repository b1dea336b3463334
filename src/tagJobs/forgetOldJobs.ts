import type { InvocationContext } from '@azure/functions';
import { formatPairs } from '../formatPairs';
import type { TagJobSweep } from './tagJobSweep';

/**
 * Removes what is kept of old tag jobs, some of it at a time. A failure is logged: it is done again at the next run.
 *
 * @param sweep opens the sweep of the jobs; undefined where none are kept.
 */
export async function forgetOldJobs(context: InvocationContext, sweep: () => TagJobSweep | undefined): Promise<void> {
  try {
    const removed = (await sweep()?.run()) ?? 0;
    if (removed > 0) context.log(`tag jobs: forgot old ones | ${formatPairs({ rows: removed })}`);
  } catch (error) {
    context.error('tag jobs: old ones not forgotten.', error);
  }
}

import type { InvocationContext } from '@azure/functions';
import { formatPairs } from '../formatPairs';
import type { HistoryAge } from './historyAge';

const dayMs = 86_400_000;

/**
 * Forgets changes that are older than so many days, some of them at a time. A failure is logged: it is done again at the
 * next run.
 *
 * @param open undefined where none are kept.
 */
export async function forgetOldChanges(
  context: InvocationContext,
  open: () => { age: HistoryAge; days: number } | undefined,
): Promise<void> {
  try {
    const kept = open();
    if (!kept) return;
    const { rows, isMore } = await kept.age.forget(new Date(Date.now() - kept.days * dayMs));
    if (rows > 0 || isMore) {
      context.log(`changes: forgot old ones | ${formatPairs({ rows, days: kept.days, more: String(isMore) })}`);
    }
  } catch (error) {
    context.error('changes: old ones not forgotten.', error);
  }
}

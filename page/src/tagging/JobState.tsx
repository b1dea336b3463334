import type { Job } from '../api/schemas';
import { formatNumber, formatShare } from '../logic/words';

/** The state in a word, and how far the job is. */
export function JobState({ of }: { of: Job }) {
  const { state, counts } = of;
  const done = counts.succeeded + counts.failed;
  return (
    <span class="progress">
      <span class={`tag is-${state}`}>{state}</span>
      <progress max={Math.max(1, counts.total)} value={done} aria-label="How far the job is" />
      <span>
        {formatNumber(done)} of {formatNumber(counts.total)} ({formatShare(done, counts.total)})
        {counts.failed > 0 && <b>, {formatNumber(counts.failed)} failed</b>}
      </span>
    </span>
  );
}

export const hasEnded = ({ state }: Job): boolean => !['queued', 'running'].includes(state);

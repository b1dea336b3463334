import { useState } from 'preact/hooks';
import { ReasonField } from '../ui/ReasonField';
import { TrialResult } from './TrialResult';
import { useTrial } from './useTrial';

/** Puts back what a change or a job has replaced, where nobody has changed it since; tried out first. */
export function Undo({ path, done }: { path: string; done?: () => void }) {
  const trial = useTrial(path);
  const [reason, setReason] = useState('');
  const [isForced, setForced] = useState(false);
  return (
    <div class="undo">
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          const query = { reason: reason.trim() || undefined, force: isForced || undefined };
          trial.tryOut({ method: 'POST', query, json: {} });
        }}
      >
        <ReasonField label="Why (kept with the change)" value={reason} change={setReason} />
        <label class="check">
          <input
            type="checkbox"
            checked={isForced}
            onChange={(event) => {
              trial.forget();
              setForced(event.currentTarget.checked);
            }}
          />
          Also where somebody has changed it since
        </label>
        <button type="submit" disabled={trial.isBusy}>
          See what would be undone
        </button>
      </form>
      <TrialResult trial={trial} label="Undo" {...(done ? { done } : {})} />
    </div>
  );
}

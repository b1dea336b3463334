import { useState } from 'preact/hooks';
import { visible } from '../../../src/visible';
import type { JsonObject } from '../api/schemas';
import { ReasonField } from '../ui/ReasonField';

interface Props {
  patch: JsonObject;
  isSending: boolean;
  send(reason: string): void;
  giveUp(): void;
}

/** The merge patch that is about to be sent. */
export function Patch({ patch, isSending, send, giveUp }: Props) {
  const [reason, setReason] = useState('');
  return (
    <form
      class="note is-pending"
      aria-labelledby="patch"
      onSubmit={(event) => {
        event.preventDefault();
        send(reason.trim());
      }}
    >
      <h3 id="patch">What is sent</h3>
      <pre>{JSON.stringify(patch, null, 2).split('\n').map(visible).join('\n')}</pre>
      <p class="muted">A merge patch: null removes. It is refused where the twin has changed since you read it.</p>
      <ReasonField label="Why (kept with the change)" value={reason} change={setReason} />
      <div class="actions">
        <button type="submit" class="primary" disabled={isSending}>
          {isSending ? 'Sending…' : 'Send'}
        </button>
        <button type="button" onClick={giveUp}>
          Discard
        </button>
      </div>
    </form>
  );
}

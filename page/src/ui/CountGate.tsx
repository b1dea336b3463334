import { useId, useState } from 'preact/hooks';
import { formatNumber, plural } from '../logic/words';

/** More devices than this are written only after their number was typed. */
const mostUntyped = 100;

/** The button that writes to so many devices; of many it wants the number typed, so that nobody does it by habit. */
export function CountGate({
  devices,
  label,
  isBusy,
  act,
}: {
  devices: number;
  label: string;
  isBusy: boolean;
  act(): void;
}) {
  const [typed, setTyped] = useState('');
  const id = useId();
  const needs = devices > mostUntyped;
  const isTyped = typed.replace(/[\s,.]/g, '') === String(devices);
  return (
    <form
      class="gate"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isBusy && devices > 0 && (!needs || isTyped)) act();
      }}
    >
      {needs && (
        <>
          <label for={id}>
            This writes to <b>{plural(devices, 'device')}</b>. Type {formatNumber(devices)} to go on:
          </label>
          <input
            id={id}
            inputMode="numeric"
            autocomplete="off"
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </>
      )}
      <button type="submit" class="primary" disabled={isBusy || devices === 0 || (needs && !isTyped)}>
        {isBusy ? 'Sending…' : label}
      </button>
    </form>
  );
}

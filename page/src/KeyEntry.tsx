import { useEffect, useRef } from 'preact/hooks';
import { keepKey, key, keyAsked } from './api/key';

/** Asks for a function key over the view, which stays as it is: what was typed there is not lost. */
export function KeyEntry() {
  const dialog = useRef<HTMLDialogElement>(null);
  const asked = keyAsked.value;
  useEffect(() => {
    if (asked && !dialog.current?.open) dialog.current?.showModal();
    if (!asked) dialog.current?.close();
  }, [asked]);
  return (
    <dialog
      ref={dialog}
      aria-labelledby="key-title"
      onClose={() => {
        keyAsked.value = undefined;
      }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const text = new FormData(event.currentTarget).get('key');
          event.currentTarget.reset();
          if (typeof text === 'string' && text.trim() !== '') keepKey(text.trim());
        }}
      >
        <h2 id="key-title">{asked === 'refused' ? 'The key is not accepted any more' : 'Enter a function key'}</h2>
        <p>
          {asked === 'refused'
            ? 'It was rotated or taken back. Ask whoever runs the app for the new one.'
            : 'The app answers those who have one of its keys. Ask whoever runs it.'}{' '}
          It is kept in this tab until you close it, and sent to this app alone.
        </p>
        <label for="key">Function key</label>
        <input id="key" name="key" type="password" autocomplete="off" spellcheck={false} required />
        <div class="actions">
          <button type="submit" class="primary">
            Use this key
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Not now
          </button>
          {key.value !== '' && (
            <button type="button" class="quiet" onClick={() => keepKey('')}>
              Forget the key
            </button>
          )}
        </div>
      </form>
    </dialog>
  );
}

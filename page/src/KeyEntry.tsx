import { useEffect, useRef } from 'preact/hooks';
import { keepKey, key, keyAsked } from './api/key';

/** Asks for a function key, or to sign in, over the view, which stays as it is: what was typed there is not lost. */
export function KeyEntry() {
  const dialog = useRef<HTMLDialogElement>(null);
  const asked = keyAsked.value;
  useEffect(() => {
    if (asked && !dialog.current?.open) dialog.current?.showModal();
    if (!asked) dialog.current?.close();
  }, [asked]);
  return (
    // Not when it has closed: that is told later, when a key may have been refused again.
    <dialog ref={dialog} aria-labelledby="key-title" onCancel={close}>
      {asked === 'signIn' ? <SignIn close={close} /> : <KeyForm isRefused={asked === 'refused'} close={close} />}
    </dialog>
  );
}

function KeyForm({ isRefused, close }: { isRefused: boolean; close(): void }) {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const text = new FormData(event.currentTarget).get('key');
        event.currentTarget.reset();
        if (typeof text === 'string' && text.trim() !== '') keepKey(text.trim());
      }}
    >
      <h2 id="key-title">{isRefused ? 'The key is not accepted any more' : 'Enter a function key'}</h2>
      <p>
        {isRefused
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
        <button type="button" onClick={close}>
          Not now
        </button>
        {key.value !== '' && (
          <button type="button" class="quiet" onClick={() => keepKey('')}>
            Forget the key
          </button>
        )}
      </div>
    </form>
  );
}

/** Signing in leaves the page, and comes back to where it was. */
function SignIn({ close }: { close(): void }) {
  const back = encodeURIComponent(`${location.pathname}${location.hash}`);
  return (
    <>
      <h2 id="key-title">Sign in</h2>
      <p>This app answers those whom its organization has given a role in it.</p>
      <div class="actions">
        <a class="button" href={`/.auth/login/aad?post_login_redirect_uri=${back}`}>
          Sign in
        </a>
        <button type="button" onClick={close}>
          Not now
        </button>
      </div>
    </>
  );
}

function close(): void {
  keyAsked.value = undefined;
}

import { signal } from '@preact/signals';

const item = 'function-key';

/** The function key of this tab: of the session, so that it goes with the tab, and in no address or log. */
export const key = signal(sessionStorage.getItem(item) ?? '');

/** Why a key is asked for, or that callers of this app sign in instead; undefined where neither is asked for. */
export const keyAsked = signal<'missing' | 'refused' | 'signIn' | undefined>(undefined);

export function keepKey(text: string): void {
  if (text === '') sessionStorage.removeItem(item);
  else sessionStorage.setItem(item, text);
  keyAsked.value = undefined;
  key.value = text;
}

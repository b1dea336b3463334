import { signal } from '@preact/signals';

/**
 * Where the page is: behind the `#`, so that ids and conditions reach no server's log, and no character of an id is taken
 * for a step of a path.
 */
export interface Route {
  view: string;
  query: URLSearchParams;
}

export const route = signal(read());

addEventListener('hashchange', () => {
  route.value = read();
});

function read(): Route {
  const [, view = '', query = ''] = /^#\/?([^?]*)(?:\?(.*))?$/s.exec(location.hash) ?? [];
  return { view: view || 'fleet', query: new URLSearchParams(query) };
}

type Query = Readonly<Record<string, string | undefined>>;

/** The address of a view. What is undefined or empty is left out, unless its empty text means something (`keep`). */
export function hrefOf(view: string, query: Query = {}, keep: readonly string[] = []): string {
  const given = Object.entries(query).filter(([name, value]) => value || (value === '' && keep.includes(name)));
  const text = new URLSearchParams(given as [string, string][]).toString();
  return `#/${view}${text === '' ? '' : `?${text}`}`;
}

export function go(href: string): void {
  location.hash = href;
}

/** Changes what the address says without a step of the browser's history: what was typed is no place to go back to. */
export function amend(href: string): void {
  history.replaceState(null, '', href);
  route.value = read();
}

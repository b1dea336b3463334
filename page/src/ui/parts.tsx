import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { visible } from '../../../src/visible';
import type { ApiError } from '../api/apiError';
import type { Json, Place } from '../api/schemas';
import { toText } from '../logic/json';
import { formatAge, formatSpan } from '../logic/words';
import { now } from './clock';

/** Text from devices: never markup, and what would hide or turn it round is spelled out. */
export function Text({ of }: { of: string }) {
  return <bdi>{visible(of)}</bdi>;
}

/** A value of a twin. */
export function Value({ of }: { of: Json | undefined }) {
  if (of === undefined || of === null) return <span class="muted">none</span>;
  return (
    <code class={`value ${typeof of === 'string' ? 'is-text' : ''}`}>
      <Text of={toText(of)} />
    </code>
  );
}

/** A name of a place or a network, or that there is none. */
export function Name({ of, none = 'none' }: { of: string | null | undefined; none?: string }) {
  if (of === null || of === undefined) return <i class="muted">{none}</i>;
  return of === '' ? <i class="muted">empty text</i> : <Text of={of} />;
}

/** Where a device is, and how it is connected there. */
export function PlaceName({ of }: { of: Place | null | undefined }) {
  if (!of) return <i class="muted">no place</i>;
  return (
    <>
      <Name of={of.location} />{' '}
      <small class="muted">
        <Name of={of.connectivity} none="not connected yet" />
      </small>
    </>
  );
}

/** A moment: its age, and on request the moment itself. */
export function Age({ of }: { of: string | number }) {
  const date = new Date(of);
  const isTime = !Number.isNaN(date.getTime());
  if (!isTime) return <Text of={String(of)} />;
  return (
    <time dateTime={date.toISOString()} title={date.toLocaleString()}>
      {formatAge(date.getTime(), now.value)}
    </time>
  );
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium', hourCycle: 'h23' });
const dayAndClock = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' });

/** A moment in the reader's time: of today the hour, else the day too. */
export function Moment({ of }: { of: string }) {
  const date = new Date(of);
  if (Number.isNaN(date.getTime())) return <Text of={of} />;
  const isToday = date.toDateString() === new Date(now.value).toDateString();
  return (
    <time dateTime={of} title={of}>
      {(isToday ? clock : dayAndClock).format(date)}
    </time>
  );
}

/** How fresh a number is, and whether that is too old to go by. */
export function Fresh({ what, at, staleAfterMs }: { what: string; at: string | number; staleAfterMs: number }) {
  const isStale = now.value - new Date(at).getTime() > staleAfterMs;
  return (
    <span class={`fresh ${isStale ? 'is-stale' : ''}`}>
      {isStale && <b>Stale: </b>}
      {what} <Age of={at} />
    </span>
  );
}

/** What went wrong, what to do, and beside what still stands whether that is current. */
export function Failure({
  error,
  retry,
  isBeside = false,
}: {
  error: ApiError;
  retry?: () => void;
  isBeside?: boolean;
}) {
  const { lines = [], retryAfterSeconds, title } = error.details;
  return (
    <div class="note is-bad" role="alert">
      <p>
        <b>{title ?? (error.kind === 'unreachable' ? 'Not reached' : 'Not answered')}.</b> <Text of={error.message} />
        {retryAfterSeconds !== undefined && ` Try again in ${formatSpan(retryAfterSeconds)}.`}
        {isBeside && ' What is shown is what was last answered.'}
      </p>
      {lines.length > 0 && (
        <ul>
          {lines.map(({ line, detail }) => (
            <li key={line}>
              Line {line}: <Text of={detail} />
            </li>
          ))}
        </ul>
      )}
      {retry && error.kind !== 'key' && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** What stands where there is nothing to show. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h3>{title}</h3>
      {children}
    </div>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <p class="loading" role="status">
      Loading {what}…
    </p>
  );
}

/** Copies a text; says so for as long as it takes to read. */
export function Copy({ text, children }: { text: string; children: ComponentChildren }) {
  const [said, say] = useState('');
  useEffect(() => {
    if (said === '') return;
    const timer = setTimeout(() => say(''), 2000);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = () =>
    // Over plain HTTP there is no clipboard.
    (navigator.clipboard?.writeText(text) ?? Promise.reject()).then(
      () => say('Copied'),
      () => say('The browser does not let this page copy'),
    );
  return (
    <button type="button" class="quiet" onClick={copy} title={text}>
      <span aria-live="polite">{said || children}</span>
    </button>
  );
}

/** Hands a file to the browser. */
export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

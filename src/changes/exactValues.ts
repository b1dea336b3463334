import { isJsonObject, type Json, type JsonObject } from '../json';
import { changedSections } from './changedPaths';
import type { TwinChange } from './twinEvent';

/** A string of a change that a reader of dates on the way may rewrite. */
export interface ExactValue {
  /**
   * Where it stands: the section, then names, and the indices of arrays. A name that a reader of dates may rewrite, or
   * that begins with `=`, stands behind a `=` too.
   */
  path: (string | number)[];
  /** The string behind a `=`, which no reader of dates touches. */
  text: string;
}

/**
 * What a reader of dates may take for one. The Functions host reads events with Newtonsoft.Json, which does so with ISO
 * times and with `/Date(…)/` (Newtonsoft.Json 13, "Serializing Dates in JSON"); this is rather too many than too few.
 */
const dateLike = /^(\d{4}-\d\d-\d\dT|\/Date\()/;

/** The strings of a change that may be rewritten on the way. */
export function exactValuesOf(change: TwinChange): ExactValue[] {
  return changedSections(change).flatMap((section) => dateLikes(change[section] ?? null, [section]));
}

/**
 * The change as it can be read by Newtonsoft.Json: a date after 9999 or before 0001 is no string to it but an error
 * (seen with 13.0.3), which would fail the whole delivery, and each time anew. Such a string stands behind its `=`.
 */
export function withoutPitfalls<Change extends TwinChange>(change: Change, exact: readonly ExactValue[]): Change {
  return (
    withTexts(
      change,
      exact.filter(({ text }) => isPitfall(text)),
    ) ?? change
  );
}

function isPitfall(text: string): boolean {
  const [, milliseconds] = /^=\/Date\((-?\d+)/.exec(text) ?? [];
  if (milliseconds === undefined) return text.startsWith('=9999-12-31T24:');
  return (
    Number(milliseconds) < Date.parse('0001-01-01') || Number(milliseconds) > Date.parse('9999-12-31T23:59:59.999Z')
  );
}

/** The change with its strings as they were; undefined where one is to stand where the change has no string. */
export function restoreExact(change: TwinChange, exact: readonly ExactValue[]): TwinChange | undefined {
  return withTexts(
    change,
    exact.map(({ path, text }) => ({ path, text: text.slice(1) })),
  );
}

function withTexts<Change extends TwinChange>(change: Change, texts: readonly ExactValue[]): Change | undefined {
  let changed: Json | undefined = change as unknown as JsonObject;
  for (const { path, text } of texts) changed = changed && withText(changed, path, text);
  return changed as Change | undefined;
}

function dateLikes(value: Json, path: ExactValue['path']): ExactValue[] {
  if (typeof value === 'string') return dateLike.test(value) ? [{ path, text: `=${value}` }] : [];
  if (Array.isArray(value)) return value.flatMap((element, index) => dateLikes(element, [...path, index]));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => dateLikes(member, [...path, marked(name)]));
}

function marked(name: string): string {
  return dateLike.test(name) || name.startsWith('=') ? `=${name}` : name;
}

function withText(value: Json, [step, ...rest]: ExactValue['path'], text: string): Json | undefined {
  if (step === undefined) return typeof value === 'string' ? text : undefined;
  if (Array.isArray(value)) {
    const element = value[Number(step)];
    const next = element === undefined ? undefined : withText(element, rest, text);
    return next === undefined ? undefined : value.with(Number(step), next);
  }
  const name = String(step).replace(/^=/, '');
  if (!isJsonObject(value) || !Object.hasOwn(value, name)) return undefined;
  const next = withText(value[name] ?? null, rest, text);
  // By entries: the name may be `__proto__`.
  return next === undefined ? undefined : Object.fromEntries([...Object.entries(value), [name, next]]);
}

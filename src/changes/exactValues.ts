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
  return texts.length === 0 ? change : (withTextsIn(change as unknown as JsonObject, texts) as Change | undefined);
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

/** The value with texts in their places, each member looked at once; undefined where one of them has no string there. */
function withTextsIn(value: Json, texts: readonly ExactValue[]): Json | undefined {
  const [here] = texts.filter(({ path }) => path.length === 0);
  if (here) return typeof value === 'string' && texts.every(({ path }) => path.length === 0) ? here.text : undefined;
  if (Array.isArray(value)) {
    const members = withTextsInMembers(Object.entries(value), byStep(texts, String));
    return members?.map(([, member]) => member);
  }
  const members = isJsonObject(value)
    ? withTextsInMembers(
        Object.entries(value),
        byStep(texts, (step) => String(step).replace(/^=/, '')),
      )
    : undefined;
  // By entries: a name may be `__proto__`.
  return members && Object.fromEntries(members);
}

function withTextsInMembers(members: [string, Json][], texts: Map<string, ExactValue[]>): [string, Json][] | undefined {
  const changed: [string, Json][] = [];
  let left = texts.size;
  for (const [name, member] of members) {
    const within = texts.get(name);
    if (within) left--;
    const next = within ? withTextsIn(member, within) : member;
    if (next === undefined) return undefined;
    changed.push([name, next]);
  }
  return left === 0 ? changed : undefined;
}

/** Texts by the member that they are in, with the rest of their paths. */
function byStep(texts: readonly ExactValue[], nameOf: (step: string | number) => string): Map<string, ExactValue[]> {
  const found = new Map<string, ExactValue[]>();
  for (const { path, text } of texts) {
    const name = nameOf(path[0] ?? '');
    const within = found.get(name) ?? [];
    if (within.length === 0) found.set(name, within);
    within.push({ path: path.slice(1), text });
  }
  return found;
}

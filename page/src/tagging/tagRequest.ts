import { deviceIdRule, isDeviceId } from '../../../src/twins/isDeviceId';
import type { Request } from '../api/client';

export type Way = 'list' | 'file' | 'condition';

/** A name and what stands in its cell, as a CSV has them. */
export interface Cell {
  name: string;
  value: string;
}

/** What the form of a tag job holds. */
export interface Form {
  by: Way;
  /** An id a line. */
  ids: string;
  file: File | undefined;
  words: string;
  cells: readonly Cell[];
  reason: string;
  engine: '' | 'direct' | 'queue' | 'hubJob';
}

/** What keeps a form from being sent; undefined where nothing does. */
export function faultOf({ by, ids, file, words, cells }: Form): string | undefined {
  if (by === 'file') return file ? undefined : 'Choose a file.';
  if (by === 'condition' && words.trim() === '') return 'Give a condition: the whole fleet is not tagged by accident.';
  if (by === 'list') {
    const fault = faultOfIds(idsOf(ids));
    if (fault) return fault;
  }
  return toCells(cells).length > 0 ? undefined : 'Name at least one tag, with its value.';
}

/** Ids may hold commas and semicolons: only lines tell them apart. */
export function idsOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function faultOfIds(ids: readonly string[]): string | undefined {
  if (ids.length === 0) return 'Name at least one device.';
  const bad = ids.findIndex((id) => !isDeviceId(id));
  if (bad >= 0) return `Device ${bad + 1} of the list, ${ids[bad]}: ${deviceIdRule}`;
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) return `${id} stands in the list twice.`;
    seen.add(id);
  }
  return undefined;
}

function toCells(cells: readonly Cell[]): [string, string][] {
  return cells.flatMap(({ name, value }) => (name.trim() === '' || value === '' ? [] : [[name.trim(), value]]));
}

/** The request that a form stands for. A file goes as its bytes: the app knows UTF-16 by its mark. */
export function toRequest({ by, ids, file, words, cells, reason, engine }: Form): Request {
  const query = { engine: engine || undefined, reason: reason.trim() || undefined };
  if (by === 'file') {
    const isCsv = !/\.(nd)?jsonl?$/i.test(file?.name ?? '');
    return {
      method: 'POST',
      query,
      headers: { 'content-type': isCsv ? 'text/csv' : 'application/x-ndjson' },
      ...(file ? { body: file } : {}),
    };
  }
  const devices = by === 'list' ? { deviceIds: idsOf(ids) } : { filter: words.trim() };
  return { method: 'POST', query, json: { ...devices, cells: Object.fromEntries(toCells(cells)) } };
}

/** A key by which a request that is sent again is done once; `randomUUID` is not there on plain HTTP. */
export function newIdempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

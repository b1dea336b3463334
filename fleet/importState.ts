import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import * as z from 'zod/mini';
import type { Separator } from '../src/api/formats/readCsv';
import { FailedError, UsageError } from './errors';
import { StateFile } from './stateFile';

const stateSchema = z.object({
  /** Part of the idempotency keys: the same file imported another day is another import. */
  importId: z.string(),
  /** The app that has the jobs. */
  url: z.string(),
  /** Tells whether the file is still the one that was begun. */
  size: z.int(),
  modified: z.number(),
  /** The chunks are cut the same way again. */
  chunk: z.int(),
  engine: z.optional(z.string()),
  separator: z.optional(z.enum([',', ';', '\t'])),
  total: z.int(),
  /** What is done, and the line that follows. */
  offset: z.int(),
  line: z.int(),
  /** Counts up when a chunk's job failed as a whole: it is begun anew. */
  attempt: z.int(),
  succeeded: z.int(),
  failed: z.int(),
});

/** How far an import is. */
export type ImportState = z.infer<typeof stateSchema>;

/** What an import is asked for. */
export interface Asked {
  url: string;
  chunk: number | undefined;
  engine: string | undefined;
  separator: Separator | undefined;
}

/** Where the state of an import is kept. */
export function importStateOf(file: string): StateFile<ImportState> {
  return new StateFile(`${file}.import`, stateSchema);
}

/**
 * What is left of an import that was cut.
 *
 * @throws FailedError | UsageError where it does not go on.
 */
export async function resumedImport(
  file: string,
  kept: StateFile<ImportState>,
  asked: Asked,
): Promise<ImportState | undefined> {
  const before = await kept.read();
  if (!before) return undefined;
  const { size, mtimeMs } = await stat(file);
  if (before.size !== size || before.modified !== mtimeMs) {
    throw new FailedError(`${file} has changed since its import was cut; --restart begins anew.`);
  }
  const same = (name: 'chunk' | 'engine' | 'separator') => (asked[name] ?? before[name]) === before[name];
  if (before.url === asked.url && same('chunk') && same('engine') && same('separator')) return before;
  throw new UsageError(`${kept.path} is of an import with other options, or by another app; --restart begins anew.`);
}

/** An import that begins. */
export async function newImport(
  file: string,
  { chunk, total, ...asked }: Asked & { chunk: number; total: number },
): Promise<ImportState> {
  const { size, mtimeMs: modified } = await stat(file);
  const start = { offset: 0, line: 1, attempt: 0, succeeded: 0, failed: 0 };
  return { importId: randomUUID(), ...asked, size, modified, chunk, total, ...start };
}

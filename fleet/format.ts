import { extname } from 'node:path';
import { UsageError } from './errors';

/** The content types of files, by the names of `--format`. */
const types = { csv: 'text/csv', ndjson: 'application/x-ndjson' } as const;

export type Format = keyof typeof types;

export function contentTypeOf(format: Format): string {
  return types[format];
}

/** @throws UsageError where neither the option nor the extension tells. */
export function formatOf(file: string, option: string | undefined): Format {
  const name =
    option ??
    extname(file)
      .slice(1)
      .toLowerCase()
      .replace(/^jsonl$/, 'ndjson');
  if (name === 'csv' || name === 'ndjson') return name;
  throw new UsageError(option ? '--format is csv or ndjson.' : `Name the file .csv or .ndjson, or give --format.`);
}

import type { Range, Row, RowPage, StoredRow, Table } from '../../src/azure/tables/table';
import { Tables } from '../../src/azure/tables/tables';

/** Tables in this process, for tests of rules; `tests/app/tables.test.ts` holds them and Azurite to the same behaviour. */
export function memoryTables(): Tables {
  return new Tables(async () => new MemoryTable());
}

/** Bytes of a row, whose text the service counts in UTF-16. */
const maxRowBytes = 1024 * 1024;

interface Kept {
  row: StoredRow;
  writtenAt: number;
}

export class MemoryTable implements Table {
  /** By partition, then row. */
  readonly #partitions = new Map<string, Map<string, Kept>>();
  #writes = 0;

  async get(partitionKey: string, rowKey: string): Promise<StoredRow | undefined> {
    const kept = this.#partitions.get(partitionKey)?.get(rowKey);
    return kept && { ...kept.row };
  }

  async put(row: Row): Promise<void> {
    this.#write(row);
  }

  async putIf(row: Row, etag: string | undefined): Promise<string | undefined> {
    const kept = this.#partitions.get(row.partitionKey)?.get(row.rowKey);
    return kept?.row.etag === etag ? this.#write(row) : undefined;
  }

  async putAll(rows: readonly Row[]): Promise<void> {
    for (const row of rows) this.#write(row);
  }

  async addAll(rows: readonly Row[], others: readonly Row[] = []): Promise<boolean> {
    if (rows.some(({ partitionKey, rowKey }) => this.#partitions.get(partitionKey)?.has(rowKey))) return false;
    await this.putAll([...rows, ...others]);
    return true;
  }

  async remove(partitionKey: string, rowKey: string, etag = '*'): Promise<void> {
    const partition = this.#partitions.get(partitionKey);
    if (etag === '*' || partition?.get(rowKey)?.row.etag === etag) partition?.delete(rowKey);
  }

  async removeAll(rows: readonly StoredRow[]): Promise<void> {
    const isAlone = (row: StoredRow) =>
      rows.filter(({ partitionKey }) => partitionKey === row.partitionKey).length === 1;
    for (const row of rows) await this.remove(row.partitionKey, row.rowKey, isAlone(row) ? row.etag : '*');
  }

  async list(range: Range, pageSize: number, continuation?: string): Promise<RowPage> {
    const after: [string, string] | undefined = continuation === undefined ? undefined : JSON.parse(continuation);
    const { partitionKey } = range;
    const partitions =
      partitionKey === undefined ? [...this.#partitions.values()] : [this.#partitions.get(partitionKey)];
    const all = partitions.flatMap((partition) => [...(partition?.values() ?? [])]);
    const found = all.filter((kept) => isIn(kept, range) && (!after || compare(keyOf(kept.row), after) > 0));
    const rows = found.map(({ row }) => row).sort((a, b) => compare(keyOf(a), keyOf(b)));
    const page = rows.slice(0, pageSize);
    const last = page.at(-1);
    return {
      rows: page.map((row) => only(row, range.columns)),
      continuation: last && rows.length > pageSize ? JSON.stringify(keyOf(last)) : undefined,
    };
  }

  #write(row: Row): string {
    const columns = Object.entries(row).filter(([, cell]) => cell !== undefined);
    const bytes = columns.reduce((sum, [name, cell]) => sum + 2 * (name.length + String(cell).length), 0);
    if (bytes > maxRowBytes) throw new Error('The entity is larger than the maximum allowed size.');
    const etag = `W/"${++this.#writes}"`;
    const partition = this.#partitions.get(row.partitionKey) ?? new Map<string, Kept>();
    this.#partitions.set(row.partitionKey, partition);
    const stored = { ...Object.fromEntries(columns), etag } as StoredRow;
    partition.set(row.rowKey, { row: stored, writtenAt: Date.now() });
    return etag;
  }
}

function keyOf({ partitionKey, rowKey }: Row): [string, string] {
  return [partitionKey, rowKey];
}

function compare(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((part, index) => part !== b[index]);
  return at < 0 ? 0 : (a[at] ?? '') < (b[at] ?? '') ? -1 : 1;
}

function isIn(
  { row, writtenAt }: Kept,
  { partitionKey, after, before, prefix = '', equal = {}, later = {}, writtenBefore }: Range,
) {
  return (
    (partitionKey === undefined || row.partitionKey === partitionKey) &&
    (after === undefined || row.rowKey > after) &&
    (before === undefined || row.rowKey < before) &&
    row.rowKey.startsWith(prefix) &&
    (writtenBefore === undefined || writtenAt < writtenBefore.getTime()) &&
    Object.entries(equal).every(([column, value]) => row[column] === value) &&
    Object.entries(later).every(([column, value]) => String(row[column] ?? '') > value)
  );
}

function only(row: StoredRow, columns: Range['columns']): StoredRow {
  if (!columns) return { ...row };
  const { partitionKey, rowKey, etag } = row;
  return { partitionKey, rowKey, etag, ...Object.fromEntries(columns.map((column) => [column, row[column]])) };
}

/** What a column holds. */
export type Cell = string | number | boolean | undefined;

/** A row: its place, and its columns. Keys are at most 1 KiB, and without `/ \ # ?` and control characters. */
export interface Row {
  partitionKey: string;
  rowKey: string;
  [column: string]: Cell;
}

/** A row as it was read. */
export interface StoredRow extends Row {
  /** Changes with each write of the row. */
  etag: string;
}

/** Which rows to list: those of a partition, or of all of them, in the order of their keys. */
export interface Range {
  partitionKey?: string;
  /** Rows after this key. */
  after?: string;
  /** Rows before this key. */
  before?: string;
  /** Rows whose key starts so. */
  prefix?: string;
  /** Rows whose column has this value, or, of `later`, a greater one. */
  equal?: Readonly<Record<string, string | boolean>>;
  later?: Readonly<Record<string, string>>;
  /** Rows that nobody has written since then. */
  writtenBefore?: Date;
  /** Columns to read, beside the keys; all where absent. */
  columns?: readonly string[];
}

/** One page of rows. */
export interface RowPage {
  rows: StoredRow[];
  /** Of the next page; it fits the same range only. */
  continuation: string | undefined;
}

/** Most rows of one transaction (Azure Table Storage, "Performing entity group transactions"), which holds 4 MiB. */
export const maxRowsPerTransaction = 100;

/** Most rows of a page (Azure Table Storage, "Query timeout and pagination"). */
export const maxRowsPerPage = 1000;

/**
 * One table of Azure Table Storage. Every call fails with an error of the storage SDK, which has a `statusCode` where
 * the service answered.
 */
export interface Table {
  get(partitionKey: string, rowKey: string): Promise<StoredRow | undefined>;
  /** Writes a row, whatever was there. */
  put(row: Row): Promise<void>;
  /**
   * Writes a row only where it is as it was read, or, without an etag, where there is none.
   *
   * @returns the new etag; undefined where it is not, and was not written.
   */
  putIf(row: Row, etag: string | undefined): Promise<string | undefined>;
  /** Writes rows of one partition, whatever was there: each hundred of them all or none, in their order. */
  putAll(rows: readonly Row[]): Promise<void>;
  /**
   * Writes rows of one partition, a hundred at most, all or none.
   *
   * @param others of the same partition, written with them whatever was there.
   * @returns false where one of them was there, and none was written.
   */
  addAll(rows: readonly Row[], others?: readonly Row[]): Promise<boolean>;
  /** Removes a row, with an etag only where it is as it was read; it may be gone already. */
  remove(partitionKey: string, rowKey: string, etag?: string): Promise<void>;
  /**
   * Removes rows in the order of their keys, as {@link list} gives them. They may be gone already; one that stands alone
   * in its partition stays where it was written since.
   */
  removeAll(rows: readonly StoredRow[]): Promise<void>;
  list(range: Range, pageSize: number, continuation?: string): Promise<RowPage>;
}

/** Rows in parts that a transaction takes: of one partition each. */
export function* toTransactions<R extends Row>(rows: readonly R[]): Generator<R[]> {
  const byPartition = new Map<string, R[]>();
  for (const row of rows) {
    const part = byPartition.get(row.partitionKey) ?? [];
    byPartition.set(row.partitionKey, part);
    part.push(row);
  }
  for (const part of byPartition.values()) {
    for (let start = 0; start < part.length; start += maxRowsPerTransaction) {
      yield part.slice(start, start + maxRowsPerTransaction);
    }
  }
}

/** All rows of a range, page after page; they may be removed as they come. */
export async function* pagesOf(table: Table, range: Range): AsyncGenerator<StoredRow[]> {
  let continuation: string | undefined;
  do {
    const page = await table.list(range, maxRowsPerPage, continuation);
    yield page.rows;
    continuation = page.continuation;
  } while (continuation !== undefined);
}

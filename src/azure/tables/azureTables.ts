import { odata, RestError, TableClient, type TableEntityResult, type TransactionAction } from '@azure/data-tables';
import type { StorageAddress } from '../storage/storageAddress';
import { isGone } from '../storage/storageFault';
import { maxRowsPerTransaction, type Range, type Row, type RowPage, type StoredRow, type Table } from './table';

/** Longest wait for one call with its retries, in milliseconds: somebody waits, or an event that comes again. */
const callMs = 15_000;

const clientOptions = { retryOptions: { maxRetries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 2000 } };

/** Opens a table, which is made where it is missing. */
export async function openTable(address: StorageAddress, name: string): Promise<Table> {
  const client = await connect(address, name);
  await client.createTable({ abortSignal: deadline() });
  return new AzureTable(client);
}

async function connect(address: StorageAddress, name: string): Promise<TableClient> {
  if (address.kind === 'key') {
    return TableClient.fromConnectionString(address.connectionString, name, {
      ...clientOptions,
      allowInsecureConnection: true,
    });
  }
  const { createCredential } = await import('../storage/identity');
  return new TableClient(address.endpoint, name, createCredential(address.clientId), clientOptions);
}

class AzureTable implements Table {
  constructor(private readonly client: TableClient) {}

  async get(partitionKey: string, rowKey: string): Promise<StoredRow | undefined> {
    const found = await unless(404, () =>
      this.client.getEntity<Row>(partitionKey, rowKey, { abortSignal: deadline() }),
    );
    return found && toRow(found);
  }

  async put(row: Row): Promise<void> {
    await this.client.upsertEntity(row, 'Replace', { abortSignal: deadline() });
  }

  async putIf(row: Row, etag: string | undefined): Promise<string | undefined> {
    const options = { abortSignal: deadline() };
    const written =
      etag === undefined
        ? await unless(409, () => this.client.createEntity(row, options))
        : await unless([404, 412], () => this.client.updateEntity(row, 'Replace', { ...options, etag }));
    return written?.etag;
  }

  async putAll(rows: readonly Row[]): Promise<void> {
    for (let start = 0; start < rows.length; start += maxRowsPerTransaction) {
      const part = rows.slice(start, start + maxRowsPerTransaction);
      await this.client.submitTransaction(
        part.map((row) => ['upsert', row, 'Replace']),
        { abortSignal: deadline() },
      );
    }
  }

  async addAll(rows: readonly Row[], others: readonly Row[] = []): Promise<boolean> {
    const actions = [
      ...rows.map((row): TransactionAction => ['create', row]),
      ...others.map((row): TransactionAction => ['upsert', row, 'Replace']),
    ];
    const written = await unless(409, () => this.client.submitTransaction(actions, { abortSignal: deadline() }));
    return written !== undefined;
  }

  async remove(partitionKey: string, rowKey: string, etag = '*'): Promise<void> {
    await unless([404, 412], () => this.client.deleteEntity(partitionKey, rowKey, { abortSignal: deadline(), etag }));
  }

  async removeAll(rows: readonly StoredRow[]): Promise<void> {
    let part: StoredRow[] = [];
    for (const row of rows) {
      if (part.length === maxRowsPerTransaction || (part[0] && part[0].partitionKey !== row.partitionKey)) {
        await this.#removeTogether(part);
        part = [];
      }
      part.push(row);
    }
    await this.#removeTogether(part);
  }

  async #removeTogether(rows: readonly StoredRow[]): Promise<void> {
    if (rows.length > 1) {
      const actions = rows.map(({ partitionKey, rowKey }): ['delete', Row] => ['delete', { partitionKey, rowKey }]);
      if (await unless(404, () => this.client.submitTransaction(actions, { abortSignal: deadline() }))) return;
    }
    // One that is gone keeps the others from being removed with it.
    for (const { partitionKey, rowKey, etag } of rows) await this.remove(partitionKey, rowKey, etag);
  }

  async list(range: Range, pageSize: number, continuation?: string): Promise<RowPage> {
    const pages = this.client
      .listEntities<Row>({
        queryOptions: {
          filter: toFilter(range),
          ...(range.columns ? { select: ['partitionKey', 'rowKey', ...range.columns] } : {}),
        },
        abortSignal: deadline(),
      })
      .byPage({ maxPageSize: pageSize, ...(continuation === undefined ? {} : { continuationToken: continuation }) });
    const { value } = await pages.next();
    const page = value as (TableEntityResult<Row>[] & { continuationToken?: string }) | undefined;
    return { rows: (page ?? []).map(toRow), continuation: page?.continuationToken };
  }
}

/** After every key that starts with a prefix: keys hold printable ASCII only. */
const last = '\x7f';

function toFilter({ partitionKey, after, before, prefix, equal = {}, later = {}, writtenBefore }: Range): string {
  const conditions = [
    ...(partitionKey === undefined ? [] : [odata`PartitionKey eq ${partitionKey}`]),
    ...(after === undefined ? [] : [odata`RowKey gt ${after}`]),
    ...(before === undefined ? [] : [odata`RowKey lt ${before}`]),
    ...(prefix === undefined ? [] : [odata`RowKey ge ${prefix}`, odata`RowKey lt ${prefix + last}`]),
    ...(writtenBefore === undefined ? [] : [odata`Timestamp lt ${writtenBefore}`]),
    ...Object.entries(equal).map(([column, value]) => column + odata` eq ${value}`),
    ...Object.entries(later).map(([column, value]) => column + odata` gt ${value}`),
  ];
  return conditions.join(' and ');
}

/** The row as it was put: what the client adds to its answers, written again, would become columns. */
function toRow({ etag, timestamp, 'odata.metadata': _, ...row }: TableEntityResult<Row>): StoredRow {
  return { ...row, etag };
}

/** The outcome, or undefined where the service answers with one of these codes, and not for want of the table. */
async function unless<T>(codes: number | number[], call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    const isMeant = error instanceof RestError && [codes].flat().includes(error.statusCode ?? 0);
    if (isMeant && !isGone(error)) return undefined;
    throw error;
  }
}

function deadline(): AbortSignal {
  return AbortSignal.timeout(callMs);
}

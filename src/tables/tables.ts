import type { Table } from './table';
import type { TablesAddress } from './tablesAddress';

/** The tables of this app, by what they keep. */
export type TableName = 'TwinChanges' | 'TwinStates' | 'Members' | 'PutAside' | 'Runs' | 'TagJobs' | 'TagJobFailures';

/** Table Storage did not do what was asked, in words that say what to look at. */
export class TablesError extends Error {
  override readonly name = 'TablesError';
}

/** Opens each table when it is first used, and again after it could not be opened. */
export class Tables {
  readonly #opened = new Map<TableName, Promise<Table>>();

  constructor(private readonly address: TablesAddress) {}

  /** @throws TablesError where the storage account cannot be reached, or refuses. */
  async use<T>(name: TableName, action: (table: Table) => Promise<T>): Promise<T> {
    try {
      return await action(await this.#open(name));
    } catch (error) {
      throw toTablesError(name, error);
    }
  }

  async #open(name: TableName): Promise<Table> {
    const opening = this.#opened.get(name) ?? this.#connect(name);
    this.#opened.set(name, opening);
    try {
      return await opening;
    } catch (error) {
      this.#opened.delete(name);
      throw error;
    }
  }

  async #connect(name: TableName): Promise<Table> {
    const { openTable } = await import('./azureTables');
    return openTable(this.address, name);
  }
}

/** What the service answers may quote the request, headers and all: only its status and code are told. */
function toTablesError(table: TableName, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (statusCode === undefined && code === undefined && error.name !== 'AbortError') return error;
  const fault = [statusCode, code].filter((part) => part !== undefined).join(' ') || 'no answer in time';
  const hint =
    statusCode === 401 || statusCode === 403
      ? 'the app needs the role Storage Table Data Contributor, or a valid key'
      : 'is the storage account there and reachable?';
  return new TablesError(`Table Storage, ${table}: ${fault}; ${hint}`, { cause: error.name });
}

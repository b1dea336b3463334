import { Opened } from '../storage/opened';
import type { StorageAddress } from '../storage/storageAddress';
import { toStorageError } from '../storage/storageFault';
import type { Table } from './table';

/** The tables of this app, by what they keep. */
export type TableName =
  | 'Feed'
  | 'TwinChanges'
  | 'TwinWrites'
  | 'TwinStates'
  | 'Members'
  | 'PutAside'
  | 'Runs'
  | 'TagJobs'
  | 'TagJobFailures'
  | 'TagJobValues'
  | 'Trends';

/** Table Storage did not do what was asked, in words that say what to look at. */
export class TablesError extends Error {
  override readonly name = 'TablesError';
}

const service = {
  role: 'Storage Table Data Contributor',
  question: 'is the storage account there and reachable?',
};

/** The tables of a storage account. */
export function tablesAt(address: StorageAddress): Tables {
  return new Tables(async (name) => (await import('./azureTables')).openTable(address, name));
}

/** Opens each table when it is first used. */
export class Tables {
  readonly #opened = new Map<TableName, Opened<Table>>();

  constructor(private readonly open: (name: TableName) => Promise<Table>) {}

  /**
   * Does something with a table; once more from the start where somebody has deleted it.
   *
   * @throws TablesError where the storage account cannot be reached, or refuses.
   */
  async use<T>(name: TableName, action: (table: Table) => Promise<T>): Promise<T> {
    try {
      return await this.#table(name).use(action);
    } catch (error) {
      throw toStorageError(TablesError, { ...service, name: `Table Storage, ${name}` }, error);
    }
  }

  #table(name: TableName): Opened<Table> {
    const table = this.#opened.get(name) ?? new Opened(() => this.open(name));
    this.#opened.set(name, table);
    return table;
  }
}

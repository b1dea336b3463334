import type { StorageAddress } from '../storage/storageAddress';
import { isGone, toStorageError } from '../storage/storageFault';
import type { Table } from './table';

/** The tables of this app, by what they keep. */
export type TableName = 'TwinChanges' | 'TwinStates' | 'Members' | 'PutAside' | 'Runs' | 'TagJobs' | 'TagJobFailures';

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

/** Opens each table when it is first used, and again after it could not be opened, or was deleted. */
export class Tables {
  readonly #opened = new Map<TableName, Promise<Table>>();

  constructor(private readonly open: (name: TableName) => Promise<Table>) {}

  /**
   * Does something with a table; once more from the start where somebody has deleted it.
   *
   * @throws TablesError where the storage account cannot be reached, or refuses.
   */
  async use<T>(name: TableName, action: (table: Table) => Promise<T>): Promise<T> {
    try {
      return await this.#useOnce(name, action).catch((error: unknown) => {
        if (!isGone(error)) throw error;
        return this.#useOnce(name, action);
      });
    } catch (error) {
      throw toStorageError(TablesError, { ...service, name: `Table Storage, ${name}` }, error);
    }
  }

  async #useOnce<T>(name: TableName, action: (table: Table) => Promise<T>): Promise<T> {
    const opening = this.#open(name);
    try {
      return await action(await opening);
    } catch (error) {
      if (isGone(error)) this.#forget(name, opening);
      throw error;
    }
  }

  #open(name: TableName): Promise<Table> {
    const opened = this.#opened.get(name);
    if (opened) return opened;
    const opening = this.open(name);
    this.#opened.set(name, opening);
    opening.catch(() => this.#forget(name, opening));
    return opening;
  }

  /** Another use may have opened it again meanwhile. */
  #forget(name: TableName, opening: Promise<Table>): void {
    if (this.#opened.get(name) === opening) this.#opened.delete(name);
  }
}

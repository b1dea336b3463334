import { fromColumns, toColumns } from '../azure/tables/jsonColumns';
import { encodeKey } from '../azure/tables/keys';
import { maxRowsPerPage, pagesOf, type StoredRow } from '../azure/tables/table';
import type { Tables } from '../azure/tables/tables';
import { momentOfId } from '../changes/changeId';
import { momentOf } from '../changes/momentOf';
import { twinEventSchema } from '../changes/topicEvent';
import type { TwinEvent } from '../changes/twinEvent';
import { type ChangeRecord, hasChanged, toRecords } from './changeRecord';
import { type KnownTwin, twinAfter, unheardOf } from './twinState';
import { type WriteLog, writesOf } from './writeLog';

/** Which changes to read. */
export interface Asked {
  limit: number;
  /** Of the page before. */
  continuation?: string | undefined;
  /** Also writes that changed nothing. */
  unchanged: boolean;
}

/** A page of a twin's changes, newest first. */
export interface ChangePage {
  changes: ChangeRecord[];
  /** Asks for the page after this one. */
  continuation?: string | undefined;
}

/** The changes of each twin, in Table Storage. */
export class ChangeHistory {
  constructor(
    private readonly tables: Pick<Tables, 'use'>,
    private readonly writes: WriteLog,
  ) {}

  /** Keeps an event. One that comes again is the same row again. */
  async keep(event: TwinEvent): Promise<void> {
    const row = {
      partitionKey: encodeKey(event.subject),
      rowKey: newestFirst(momentOf(event)),
      ...toColumns('event', event),
    };
    await this.tables.use('TwinChanges', (table) => table.put(row));
  }

  /**
   * Reads a page of changes. Values before a change are found in the changes before it, as far as one request reads. A
   * page may be short, even empty, while there are more.
   *
   * @param subject `devices/{deviceId}`, or that of a module.
   */
  async list(subject: string, { limit, continuation, unchanged }: Asked): Promise<ChangePage> {
    const { records, keys, isMore } = await this.#read(subject, continuation);
    // Of the older half too little is known where there are more before it.
    const judged = isMore ? records.slice(0, Math.ceil(records.length / 2)) : records;
    const shown = [...judged.entries()].filter(([, record]) => unchanged || hasChanged(record)).slice(0, limit);
    const [lastShown = 0] = shown.at(-1) ?? [];
    const last = shown.length < limit ? judged.length - 1 : lastShown;
    const changes = await this.#withAuthors(
      subject,
      shown.map(([, record]) => record),
    );
    return { changes, ...(last < records.length - 1 || isMore ? { continuation: keys[last] } : {}) };
  }

  /** The change of this id; undefined where none is kept. */
  async find(subject: string, id: string): Promise<ChangeRecord | undefined> {
    const moment = momentOfId(id);
    if (moment === undefined) return undefined;
    // Just before its key: those that are told first are its neighbours of the same moment.
    const { records } = await this.#read(subject, newestFirst(moment).slice(0, -1));
    return (
      await this.#withAuthors(
        subject,
        records.filter((record) => record.id === id),
      )
    ).at(0);
  }

  async #read(subject: string, after: string | undefined) {
    const range = { partitionKey: encodeKey(subject), ...(after === undefined ? {} : { after }) };
    const page = await this.tables.use('TwinChanges', (table) => table.list(range, maxRowsPerPage));
    const { rows, fold } = splitFold(page.rows);
    const records = toRecords(rows.map(toEvent).reverse(), fold?.twin).reverse();
    return { records, keys: rows.map(({ rowKey }) => rowKey), isMore: page.continuation !== undefined };
  }

  /**
   * Folds the changes of a twin up to a moment into one row, so that the values before later ones stay known, and removes
   * them. Whoever is cut off in between leaves rows that the folded one has in it: they are not told any more, and go
   * with the next.
   *
   * @returns false where somebody else has folded meanwhile, and nothing was done.
   */
  async fold(subject: string, upTo: string): Promise<boolean> {
    const partitionKey = encodeKey(subject);
    return this.tables.use('TwinChanges', async (table) => {
      const old: StoredRow[] = [];
      // The key of the moment itself is among them.
      const after = newestFirst(upTo).slice(0, -1);
      for await (const rows of pagesOf(table, { partitionKey, after })) old.push(...rows);
      const { rows, fold, covered } = splitFold(old.filter(({ rowKey }) => rowKey >= newestFirst(upTo)));
      const [newest] = rows;
      if (newest) {
        const twin = rows
          .map(toEvent)
          .reverse()
          .reduce(twinAfter, fold?.twin ?? unheardOf(false));
        const row = { partitionKey, rowKey: foldKey, newest: newest.rowKey, ...toColumns('twin', twin) };
        if ((await table.putIf(row, fold?.etag)) === undefined) return false;
      }
      await table.removeAll([...rows, ...covered]);
      return true;
    });
  }

  /** Only tags are written through this app, and only those of devices. */
  async #withAuthors(subject: string, records: ChangeRecord[]): Promise<ChangeRecord[]> {
    const [, deviceId = '', ofModule] = subject.split('/');
    const tagged = records.filter(
      ({ values, truncated }) => truncated || values.some(({ path }) => /^tags\b/.test(path)),
    );
    if (ofModule !== undefined || tagged.length === 0) return records;
    const versions = tagged.flatMap(({ version = 0, previousVersion = version }) => [previousVersion, version]);
    const writes = await this.writes.between(deviceId, Math.min(...versions), Math.max(...versions));
    return records.map((record) => {
      const told = writesOf(record, writes).map(({ at: _, ...write }) => write);
      const last = told.at(-1);
      if (!last || !tagged.includes(record)) return record;
      const { version: _, ...author } = last;
      return { ...record, ...author, ...(told.length > 1 ? { writes: told } : {}) };
    });
  }
}

/** The key of the row that older changes of a twin were folded into: after those of all changes. */
const foldKey = 'fold';

/** What older changes of a twin were folded into, the rows of those after them, and rows that are in it already. */
function splitFold(all: readonly StoredRow[]) {
  const row = all.find(({ rowKey }) => rowKey === foldKey);
  const changes = all.filter(({ rowKey }) => rowKey !== foldKey);
  if (!row) return { rows: changes, covered: [], fold: undefined };
  const isCovered = ({ rowKey }: StoredRow) => rowKey >= String(row.newest);
  return {
    rows: changes.filter((each) => !isCovered(each)),
    covered: changes.filter(isCovered),
    fold: { twin: fromColumns('twin', row) as KnownTwin, etag: row.etag },
  };
}

function toEvent(row: StoredRow): TwinEvent {
  return twinEventSchema.parse(fromColumns('event', row));
}

/** Rows come in the order of their keys: the digits are turned round, so that later moments come first. */
function newestFirst(moment: string): string {
  return moment.replace(/\d/g, (digit) => String(9 - Number(digit)));
}

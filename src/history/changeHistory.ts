import { fromColumns, toColumns } from '../azure/tables/jsonColumns';
import { encodeKey } from '../azure/tables/keys';
import { maxRowsPerPage, type StoredRow } from '../azure/tables/table';
import type { Tables } from '../azure/tables/tables';
import { momentOf } from '../changes/momentOf';
import { twinEventSchema } from '../changes/topicEvent';
import type { TwinEvent } from '../changes/twinEvent';
import { type ChangeRecord, hasChanged, toRecords } from './changeRecord';

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
  constructor(private readonly tables: Tables) {}

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
    const range = { partitionKey: encodeKey(subject), ...(continuation === undefined ? {} : { after: continuation }) };
    const { rows, continuation: more } = await this.tables.use('TwinChanges', (table) =>
      table.list(range, maxRowsPerPage),
    );
    const records = toRecords(rows.map(toEvent).reverse()).reverse();
    // Of the older half too little is known where there are more before it.
    const judged = more === undefined ? records : records.slice(0, Math.ceil(records.length / 2));
    const shown = [...judged.entries()].filter(([, record]) => unchanged || hasChanged(record)).slice(0, limit);
    const [lastShown = 0] = shown.at(-1) ?? [];
    const last = shown.length < limit ? judged.length - 1 : lastShown;
    const isMore = last < rows.length - 1 || more !== undefined;
    return { changes: shown.map(([, record]) => record), ...(isMore ? { continuation: rows[last]?.rowKey } : {}) };
  }
}

function toEvent(row: StoredRow): TwinEvent {
  return twinEventSchema.parse(fromColumns('event', row));
}

/** Rows come in the order of their keys: the digits are turned round, so that later moments come first. */
function newestFirst(moment: string): string {
  return moment.replace(/\d/g, (digit) => String(9 - Number(digit)));
}

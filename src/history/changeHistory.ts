import { fromColumns, toColumns } from '../azure/tables/jsonColumns';
import { encodeKey } from '../azure/tables/keys';
import { maxRowsPerPage, type StoredRow } from '../azure/tables/table';
import type { Tables } from '../azure/tables/tables';
import { momentOf } from '../changes/momentOf';
import { twinEventSchema } from '../changes/topicEvent';
import type { TwinEvent } from '../changes/twinEvent';
import { type ChangeRecord, toRecords } from './changeRecord';

/** A page of a twin's changes, newest first. */
export interface ChangePage {
  changes: ChangeRecord[];
  /** Asks for the page after this one. */
  continuation?: string;
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
   * Reads a page of changes. Values before a change are found in the changes before it, as far as one request reads.
   *
   * @param subject `devices/{deviceId}`, or that of a module.
   * @param continuation of the page before.
   */
  async list(subject: string, limit: number, continuation?: string): Promise<ChangePage> {
    const range = { partitionKey: encodeKey(subject), ...(continuation === undefined ? {} : { after: continuation }) };
    const { rows, continuation: more } = await this.tables.use('TwinChanges', (table) =>
      table.list(range, maxRowsPerPage),
    );
    const records = toRecords(rows.map(toEvent).reverse()).reverse();
    const last = rows[limit - 1]?.rowKey;
    const isMore = last !== undefined && (rows.length > limit || more !== undefined);
    return { changes: records.slice(0, limit), ...(isMore ? { continuation: last } : {}) };
  }
}

function toEvent(row: StoredRow): TwinEvent {
  return twinEventSchema.parse(fromColumns('event', row));
}

/** Rows come in the order of their keys: the digits are turned round, so that later moments come first. */
function newestFirst(moment: string): string {
  return moment.replace(/\d/g, (digit) => String(9 - Number(digit)));
}

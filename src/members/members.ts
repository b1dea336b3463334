import { encodeKey } from '../azure/tables/keys';
import { maxRowsPerPage, pagesOf, type StoredRow, toTransactions } from '../azure/tables/table';
import type { Tables } from '../azure/tables/tables';
import { latestMoment, momentOf } from '../changes/momentOf';
import type { DeviceConnection, TwinEvent } from '../changes/twinEvent';
import { toDeviceMoved } from '../feed/feedEvent';
import type { MoveWriter } from '../feed/moveWriter';
import { workThrough } from '../workThrough';
import {
  cutOff,
  type DeviceRow,
  type DeviceState,
  fillIn,
  fromRow,
  hear,
  homeOf,
  isSame,
  isUnfinished,
  listedMoment,
  oldRowKey,
  oldStateKey,
  type Place,
  putRight,
  settled,
  stateKey,
  toRow,
  unknownDevice,
} from './deviceState';
import { connectionColumns, type Member, memberAt, toMember } from './memberRow';
import type { Whereabouts } from './whereabouts';

/** A page of members; it may be short, or empty, while there are more. */
export interface MemberPage {
  members: Member[];
  continuation: string | undefined;
}

/** What is kept of a device, and the etag of its row; none where nothing is kept. */
export interface KeptDevice {
  state: DeviceState;
  etag: string | undefined;
  /** It stands where earlier versions kept it, and moves when it is written. */
  isOld?: true;
}

/** Rows that are written at a time where there are many. */
const atATime = 16;

/**
 * The devices of each location and connectivity, from what events told.
 *
 * What is kept of each device is the truth: a register in which the latest moment wins, so that events may come twice
 * and in any order. The list of members follows from it. A device's row there is written first and taken away from where
 * it was after it; whoever writes looks again whether the device has moved on meanwhile.
 */
export class Members {
  constructor(
    private readonly tables: Pick<Tables, 'use'>,
    /** The location whose leaving devices stay in the list, marked, until it was told that they left. */
    private readonly watched: string,
    /** Where moves are told that events set off. */
    private readonly feed: Pick<MoveWriter, 'write'>,
  ) {}

  /** Takes in what an event told of a device. */
  async hear(event: TwinEvent, news: Partial<Whereabouts>): Promise<void> {
    const [, deviceId = ''] = event.subject.split('/');
    const at = momentOf(event);
    const change = (state: DeviceState) => {
      const next = hear(state, news, at);
      return next !== state && event.type === 'DeviceTwins.DeviceDeleted' ? cutOff(next, event.time) : next;
    };
    await this.#update(deviceId, at, change, event);
  }

  /**
   * Takes in that a device connected or disconnected: the greatest sequence number wins, whatever the times. Its row in the
   * list is such a register too, so that writers need not know of each other.
   */
  async hearConnection({ type, subject, time, data }: DeviceConnection): Promise<void> {
    const [, deviceId = ''] = subject.split('/');
    const isConnected = type === 'DeviceTwins.DeviceConnected';
    const connection = { isConnected, since: time, sequenceNumber: data.sequenceNumber };
    for (;;) {
      const kept = await this.read(deviceId);
      const { state } = kept;
      const isKnown = (state.connection?.sequenceNumber ?? '') >= data.sequenceNumber;
      const next = isKnown ? state : { ...state, connection };
      // Told again, it may be that the row in the list was never written.
      if (!isKnown && (await this.#write(next, kept)) === undefined) continue;
      const home = homeOf(next);
      if (home) await this.#noteConnection(home, next);
      return;
    }
  }

  /** Takes in what the hub listed of a device, where no event told of it; whether anything was written. */
  take(deviceId: string, listed: Whereabouts): Promise<boolean> {
    return this.#update(deviceId, listedMoment, (state) => fillIn(state, listed));
  }

  /**
   * Takes in what a twin has that was read after what is kept; whether anything was written. Nothing is where an event was
   * heard meanwhile.
   *
   * @param now of the hub, before the twin was read: changes after it are told by their own events.
   */
  async putRight(kept: KeptDevice, twin: Whereabouts, now: Date | undefined): Promise<boolean> {
    const at = now ? momentOf({ time: now.toISOString(), data: {} }) : listedMoment;
    const next = putRight(kept.state, twin, at, latestMoment(now));
    return (await this.#advance(kept, next, at)) ?? false;
  }

  async #update(
    deviceId: string,
    at: string,
    change: (state: DeviceState) => DeviceState,
    event?: TwinEvent,
  ): Promise<boolean> {
    for (;;) {
      const kept = await this.read(deviceId);
      const isWritten = await this.#advance(kept, change(kept.state), at, event);
      if (isWritten !== undefined) return isWritten;
    }
  }

  /** Writes what follows, and puts the list right; undefined where the state has changed since it was read. */
  async #advance(kept: KeptDevice, next: DeviceState, at: string, event?: TwinEvent): Promise<boolean | undefined> {
    if (next === kept.state) {
      if (!isUnfinished(next, at)) return false;
      await this.#finish(kept, at, event);
      return true;
    }
    const etag = await this.#write(next, kept);
    if (etag === undefined) return undefined;
    if (isUnfinished(next, at)) await this.#finish({ state: next, etag }, at, event);
    return true;
  }

  /** Tells the moves before the state forgets them: whoever is cut off is told the event again, and tells them again. */
  async #finish(kept: KeptDevice, at: string, event: TwinEvent | undefined): Promise<void> {
    const moves = kept.state.moves.filter((move) => move.at === at);
    if (event) await Promise.all(moves.map((move) => this.feed.write(toDeviceMoved(event, move))));
    await this.#settle(kept, at);
  }

  /**
   * Takes in devices that the hub listed and of which nothing is kept, many in a request: their rows in the list first,
   * then their states, as if all was done. Whoever is cut off in between has to adopt the same devices again.
   *
   * @returns ids of the others: something is kept of them. They are to be compared one by one, and then cleared up.
   */
  async adopt(devices: ReadonlyMap<string, Whereabouts>): Promise<string[]> {
    const states = [...devices].map(([id, listed]) => settled(fillIn(unknownDevice(id), listed), listedMoment));
    const present = states.flatMap((state) => {
      const home = homeOf(state);
      return home ? [memberAt(home, state)] : [];
    });
    const listed = await this.#addAll('Members', present);
    const fresh = states.filter(({ deviceId }) => !listed.has(deviceId));
    const kept = await this.#addAll('TwinStates', fresh.map(toRow));
    return [...listed, ...kept];
  }

  /** Takes a device away from where it was listed, whose row there may be written without its state knowing, unless it is there. */
  async clearUp(deviceId: string, listed: Whereabouts): Promise<void> {
    const place = homeOf({ ...unknownDevice(deviceId), ...listed });
    const kept = await this.read(deviceId);
    if (place && !isSame(place, homeOf(kept.state))) await this.#settle(kept, listedMoment, [place]);
  }

  /** Adds rows; the devices of those transactions that were refused, as a row was there. */
  async #addAll(name: 'Members' | 'TwinStates', rows: readonly DeviceRow[]): Promise<Set<string>> {
    const refused = new Set<string>();
    await workThrough(toTransactions(rows), atATime, async (part) => {
      const isAdded = await this.tables.use(name, (table) => table.addAll(part));
      if (!isAdded) for (const { deviceId } of part) refused.add(deviceId);
      return 'goOn';
    });
    return refused;
  }

  /**
   * Lists a page of the members of a location, of all locations where it is absent.
   *
   * @param pageSize at most {@link maxRowsPerPage}.
   */
  async list(where: Partial<Whereabouts>, pageSize: number, continuation?: string): Promise<MemberPage> {
    const { location, connectivity } = where;
    const range = {
      ...(location === undefined ? {} : { partitionKey: encodeKey(location) }),
      ...(connectivity === undefined ? {} : { prefix: `${encodeKey(connectivity)}|` }),
      equal: { isPresent: true },
    };
    const page = await this.tables.use('Members', (table) => table.list(range, pageSize, continuation));
    return { members: page.rows.map(toMember), continuation: page.continuation };
  }

  /** All members, page after page. */
  async *pages(): AsyncGenerator<Member[]> {
    let continuation: string | undefined;
    do {
      const page = await this.list({}, maxRowsPerPage, continuation);
      yield page.members;
      continuation = page.continuation;
    } while (continuation !== undefined);
  }

  /** What is kept of all devices of a partition, page after page; not what earlier versions kept. */
  async *states(partitionKey: string): AsyncGenerator<DeviceState[]> {
    let continuation: string | undefined;
    do {
      const page = await this.tables.use('TwinStates', (table) =>
        table.list({ partitionKey, prefix: 'id|' }, maxRowsPerPage, continuation),
      );
      yield page.rows.map(fromRow);
      continuation = page.continuation;
    } while (continuation !== undefined);
  }

  /** Moves all states that earlier versions kept, each in a partition of its own, to where they are kept now. */
  async moveOld(): Promise<void> {
    await this.tables.use('TwinStates', async (table) => {
      for await (const rows of pagesOf(table, { prefix: oldRowKey })) {
        await workThrough(rows, atATime, async (row) => {
          await table.putIf(toRow(fromRow(row)), undefined);
          await table.remove(row.partitionKey, row.rowKey);
          return 'goOn';
        });
      }
    });
  }

  /** What is kept of a device. */
  async read(deviceId: string): Promise<KeptDevice> {
    const row = await this.#find(stateKey(deviceId));
    if (row) return { state: fromRow(row), etag: row.etag };
    const old = await this.#find(oldStateKey(deviceId));
    return { state: old ? fromRow(old) : unknownDevice(deviceId), etag: undefined, ...(old ? { isOld: true } : {}) };
  }

  #find(key: [partitionKey: string, rowKey: string]): Promise<StoredRow | undefined> {
    return this.tables.use('TwinStates', (table) => table.get(...key));
  }

  async #write(state: DeviceState, { etag, isOld }: Omit<KeptDevice, 'state'>): Promise<string | undefined> {
    const written = await this.tables.use('TwinStates', (table) => table.putIf(toRow(state), etag));
    if (isOld && written !== undefined) {
      await this.tables.use('TwinStates', (table) => table.remove(...oldStateKey(state.deviceId)));
    }
    return written;
  }

  /** @param written places where a row was written of which the state does not know. */
  async #settle(kept: KeptDevice, at: string, written: readonly Place[] = []): Promise<void> {
    const touched = [...written];
    for (let current = kept; ; current = await this.read(kept.state.deviceId)) {
      const { state } = current;
      const home = homeOf(state);
      if (home) await this.#join(home, state);
      for (const place of [...state.places, ...touched]) {
        if (!isSame(place, home)) await this.#leave(place);
      }
      if (home) touched.push(home);
      if ((await this.#write(settled(state, at), current)) !== undefined) return;
    }
  }

  #join(place: Place, state: DeviceState): Promise<void> {
    return this.tables.use('Members', async (table) => {
      const member = memberAt(place, state);
      const isNew = await table.putIf(member, undefined);
      if (isNew) return;
      const row = await table.get(place.partitionKey, place.rowKey);
      if (row?.isPresent) await this.#noteConnection(place, state);
      else await table.put(member);
    });
  }

  /** Only where the device is listed: a row that comes later comes with what its state says by then. */
  #noteConnection(place: Place, { connection }: DeviceState): Promise<void> {
    return this.tables.use('Members', async (table) => {
      for (let isWritten = connection === undefined; !isWritten; ) {
        const row = await table.get(place.partitionKey, place.rowKey);
        if (!row?.isPresent || !connection || String(row.connectionNumber ?? '') >= connection.sequenceNumber) return;
        const { etag, ...member } = row;
        isWritten = (await table.putIf({ ...member, ...connectionColumns(connection) }, etag)) !== undefined;
      }
    });
  }

  #leave({ partitionKey, rowKey }: Place): Promise<void> {
    return this.tables.use('Members', async (table) => {
      if (partitionKey !== encodeKey(this.watched)) return table.remove(partitionKey, rowKey);
      const row = await table.get(partitionKey, rowKey);
      if (!row?.isPresent) return;
      const { etag, ...member } = row;
      await table.put({ ...member, movedAt: new Date().toISOString(), isPresent: false });
    });
  }
}

import { encodeKey } from '../azure/tables/keys';
import { maxRowsPerPage, type StoredRow } from '../azure/tables/table';
import type { Tables } from '../azure/tables/tables';
import { latestMoment, momentOf } from '../changes/momentOf';
import type { TwinEvent } from '../changes/twinEvent';
import {
  type DeviceState,
  fillIn,
  fromRow,
  hear,
  homeOf,
  isSame,
  isUnfinished,
  listedMoment,
  type Place,
  putRight,
  settled,
  stateKey,
  toRow,
  unknownDevice,
} from './deviceState';
import { Sweep } from './sweep';
import type { Whereabouts } from './whereabouts';

/** A device in a list. */
export interface Member {
  deviceId: string;
  location: string;
  connectivity: string | null;
  /** When it was put there, by the clock of this app. */
  since: string;
}

/** A page of members; it may be short, or empty, while there are more. */
export interface MemberPage {
  members: Member[];
  continuation: string | undefined;
}

/** What is kept of a device, and the etag of its row; none where nothing is kept. */
export interface KeptDevice {
  state: DeviceState;
  etag: string | undefined;
}

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
  ) {}

  /** Takes in what an event told of a device. */
  async hear(event: TwinEvent, news: Partial<Whereabouts>): Promise<void> {
    const [, deviceId = ''] = event.subject.split('/');
    const at = momentOf(event);
    await this.#update(deviceId, at, (state) => hear(state, news, at));
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

  async #update(deviceId: string, at: string, change: (state: DeviceState) => DeviceState): Promise<boolean> {
    for (;;) {
      const kept = await this.read(deviceId);
      const isWritten = await this.#advance(kept, change(kept.state), at);
      if (isWritten !== undefined) return isWritten;
    }
  }

  /** Writes what follows, and puts the list right; undefined where the state has changed since it was read. */
  async #advance({ state, etag }: KeptDevice, next: DeviceState, at: string): Promise<boolean | undefined> {
    if (next === state && !isUnfinished(state, at)) return false;
    const written = next === state ? etag : await this.#write(next, etag);
    if (written === undefined) return undefined;
    if (isUnfinished(next, at)) await this.#settle({ state: next, etag: written }, at);
    return true;
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

  /** When the members were last compared with all of the hub's twins; null where they never were. */
  async comparedAt(): Promise<string | null> {
    return (await new Sweep(this.tables).read()).endedAt ?? null;
  }

  /** What is kept of a device. */
  async read(deviceId: string): Promise<KeptDevice> {
    const row = await this.tables.use('TwinStates', (table) => table.get(...stateKey(deviceId)));
    return row ? { state: fromRow(row), etag: row.etag } : { state: unknownDevice(deviceId), etag: undefined };
  }

  #write(state: DeviceState, etag: string | undefined): Promise<string | undefined> {
    return this.tables.use('TwinStates', (table) => table.putIf(toRow(state), etag));
  }

  async #settle(kept: KeptDevice, at: string): Promise<void> {
    const touched: Place[] = [];
    for (let current = kept; ; current = await this.read(kept.state.deviceId)) {
      const { state, etag } = current;
      const home = homeOf(state);
      if (home) await this.#join(home, state);
      for (const place of [...state.places, ...touched]) {
        if (!isSame(place, home)) await this.#leave(place);
      }
      if (home) touched.push(home);
      if ((await this.#write(settled(state, at), etag)) !== undefined) return;
    }
  }

  #join(place: Place, { deviceId, location = '', connectivity }: DeviceState): Promise<void> {
    return this.tables.use('Members', async (table) => {
      const now = new Date().toISOString();
      const member = { deviceId, location, connectivity, since: now, movedAt: now };
      const isNew = await table.putIf({ ...place, ...member, isPresent: true }, undefined);
      if (isNew) return;
      const row = await table.get(place.partitionKey, place.rowKey);
      if (!row?.isPresent) await table.put({ ...place, ...member, isPresent: true });
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

function toMember({ deviceId, location, connectivity, since }: StoredRow): Member {
  return {
    deviceId: String(deviceId),
    location: String(location),
    connectivity: connectivity === undefined ? null : String(connectivity),
    since: String(since),
  };
}

import { encodeKey } from '../azure/tables/keys';
import { maxRowsPerPage, type StoredRow } from '../azure/tables/table';
import type { Tables } from '../azure/tables/tables';
import { momentOf } from '../changes/momentOf';
import type { TwinEvent } from '../changes/twinEvent';
import {
  type DeviceState,
  fromRow,
  hear,
  homeOf,
  isSame,
  isUnfinished,
  type Place,
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
interface Kept {
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
  hear(event: TwinEvent, news: Partial<Whereabouts>): Promise<void> {
    const [, deviceId = ''] = event.subject.split('/');
    return this.set(deviceId, news, momentOf(event), event.data.version ?? 0);
  }

  /** Takes in what became known of a device at a moment. */
  async set(deviceId: string, news: Partial<Whereabouts>, at: string, version: number): Promise<void> {
    for (;;) {
      const { state, etag } = await this.#read(deviceId);
      const next = hear(state, news, at, version);
      if (next === state && !isUnfinished(state, at)) return;
      const written = next === state ? etag : await this.#write(next, etag);
      if (written === undefined) continue;
      if (isUnfinished(next, at)) await this.#settle({ state: next, etag: written }, at);
      return;
    }
  }

  /** What is kept of a device. */
  async get(deviceId: string): Promise<DeviceState> {
    return (await this.#read(deviceId)).state;
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

  async #read(deviceId: string): Promise<Kept> {
    const row = await this.tables.use('TwinStates', (table) => table.get(...stateKey(deviceId)));
    return row ? { state: fromRow(row), etag: row.etag } : { state: unknownDevice(deviceId), etag: undefined };
  }

  #write(state: DeviceState, etag: string | undefined): Promise<string | undefined> {
    return this.tables.use('TwinStates', (table) => table.putIf(toRow(state), etag));
  }

  async #settle(kept: Kept, at: string): Promise<void> {
    const touched: Place[] = [];
    for (let current = kept; ; current = await this.#read(kept.state.deviceId)) {
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

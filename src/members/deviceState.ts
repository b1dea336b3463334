import { createHash } from 'node:crypto';
import { fromColumns, toColumns } from '../azure/tables/jsonColumns';
import { encodeKey } from '../azure/tables/keys';
import type { Row, StoredRow } from '../azure/tables/table';
import type { FeedPlace } from '../feed/feedEvent';
import type { Whereabouts } from './whereabouts';

/** A row of the list of members: a location and a connectivity, as keys. */
export interface Place {
  partitionKey: string;
  rowKey: string;
}

/** A place where a row may stand, or may yet come to stand. */
export interface Claim extends Place {
  /** The moment of the change that has the row written. */
  by: string;
  /** Whether whoever writes it has finished. One who has not may be late, or gone: told again, it clears up itself. */
  isDone: boolean;
}

/** A move that an event set off, until it is told in the feed: told again, the event has it told again. */
export interface Move {
  /** The moment of the change. */
  at: string;
  from: FeedPlace | null;
  to: FeedPlace | null;
}

/** A row about a device. */
export interface DeviceRow extends Row {
  deviceId: string;
}

/** Whether a device is connected. */
export interface ConnectionState {
  isConnected: boolean;
  /** When it came to be so, by the hub. */
  since: string;
  /** Of two the greater, as text, is the later. */
  sequenceNumber: string;
}

/** What is kept of a device: its whereabouts, and since which moment each is known. */
export interface DeviceState extends Whereabouts {
  deviceId: string;
  /** Moments of the changes that told them; empty where none did: what is known then was listed by the hub. */
  locationAt: string;
  connectivityAt: string;
  /** What the last event of its connection told; nothing where none did. */
  connection?: ConnectionState | undefined;
  /** Where the device may stand in the list of members. */
  places: Claim[];
  /** Where it went, and what of that is not told yet. */
  moves: Move[];
  /** Whether that list has the device where it belongs, and nowhere else. */
  isListed: boolean;
}

/** Partitions of states: few, so that a page of devices takes few transactions; enough for the writes of a large fleet. */
export const partitions = Array.from({ length: 32 }, (_, index) => String(index).padStart(2, '0'));

/** The key of a device's state. */
export function stateKey(deviceId: string): [partitionKey: string, rowKey: string] {
  return [partitionOf(deviceId), `id|${encodeKey(deviceId)}`];
}

/** The partition of a device, by chance and always the same. */
export function partitionOf(deviceId: string): string {
  const byte = createHash('sha256').update(deviceId).digest()[0] ?? 0;
  return partitions[byte % partitions.length] ?? '';
}

/** The row key of states as earlier versions kept them: each in a partition of its own. */
export const oldRowKey = 'device';

/** The key of a device's state as earlier versions had it. */
export function oldStateKey(deviceId: string): [partitionKey: string, rowKey: string] {
  return [encodeKey(deviceId), oldRowKey];
}

/** What is kept of a device that nothing was heard of. */
export function unknownDevice(deviceId: string): DeviceState {
  return {
    deviceId,
    location: undefined,
    connectivity: undefined,
    locationAt: '',
    connectivityAt: '',
    places: [],
    moves: [],
    isListed: true,
  };
}

/** The moment of what was listed: a list may be old, so whatever an event tells is newer. */
export const listedMoment = '';

/** The state after news; the same object where they are not newer than what is kept. */
export function hear(state: DeviceState, news: Partial<Whereabouts>, at: string): DeviceState {
  const next = become(state, at, {
    ...('location' in news && at > state.locationAt ? { location: news.location, locationAt: at } : {}),
    ...('connectivity' in news && at > state.connectivityAt
      ? { connectivity: news.connectivity, connectivityAt: at }
      : {}),
  });
  if (isSame(homeOf(state), homeOf(next))) return next;
  return { ...next, moves: [...next.moves, { at, from: feedPlaceOf(state), to: feedPlaceOf(next) }] };
}

function feedPlaceOf({ location, connectivity }: DeviceState): FeedPlace | null {
  return location === undefined ? null : { location, connectivity: connectivity ?? null };
}

/** The state after a listing, which tells what no event has told yet; the same object where that is known. */
export function fillIn(state: DeviceState, listed: Whereabouts): DeviceState {
  const isNews = (name: keyof Whereabouts) => state[`${name}At`] === listedMoment && state[name] !== listed[name];
  return become(state, listedMoment, {
    ...(isNews('location') ? { location: listed.location } : {}),
    ...(isNews('connectivity') ? { connectivity: listed.connectivity } : {}),
  });
}

/**
 * The state after the twin was read, later than the state: all that the state was told of is in the twin. What is told of
 * a moment later than `end`, which is yet to come, was not told by the hub.
 */
export function putRight(state: DeviceState, twin: Whereabouts, at: string, end: string): DeviceState {
  const rightMoment = (moment: string) => (moment > at && moment <= end ? moment : at);
  const isRight = (name: keyof Whereabouts) => state[name] === twin[name] && state[`${name}At`] <= end;
  return become(state, at, {
    ...(isRight('location') ? {} : { location: twin.location, locationAt: rightMoment(state.locationAt) }),
    ...(isRight('connectivity')
      ? {}
      : { connectivity: twin.connectivity, connectivityAt: rightMoment(state.connectivityAt) }),
  });
}

/** The state of a device that is gone: one that is made again under its id has not connected yet. */
export function cutOff(state: DeviceState, since: string): DeviceState {
  const { connection } = state;
  return connection ? { ...state, connection: { ...connection, isConnected: false, since } } : state;
}

function become(state: DeviceState, at: string, news: Partial<DeviceState>): DeviceState {
  if (Object.keys(news).length === 0) return state;
  const next = { ...state, ...news };
  const home = homeOf(next);
  const isMoved = !isSame(home, homeOf(state));
  return {
    ...next,
    places: isMoved && home ? [...state.places, { ...home, by: at, isDone: false }] : state.places,
    isListed: state.isListed && !isMoved,
  };
}

/** Where the device belongs in the list of members. */
export function homeOf({ deviceId, location, connectivity }: DeviceState): Place | undefined {
  if (location === undefined) return undefined;
  return { partitionKey: encodeKey(location), rowKey: `${encodeKey(connectivity ?? '')}|${encodeKey(deviceId)}` };
}

/** Whether the one that tells the change of a moment has still something to write. */
export function isUnfinished({ isListed, places, moves }: DeviceState, at: string): boolean {
  return !isListed || moves.some((move) => move.at === at) || places.some((claim) => claim.by === at && !claim.isDone);
}

/** The state when the list of members has been put right, by the one that tells the change of a moment. */
export function settled(state: DeviceState, at: string): DeviceState {
  const home = homeOf(state);
  const others = state.places.filter((claim) => claim.by !== at && !claim.isDone);
  const moves = state.moves.filter((move) => move.at !== at);
  return { ...state, moves, places: home ? [...others, { ...home, by: at, isDone: true }] : others, isListed: true };
}

export function isSame(a: Place | undefined, b: Place | undefined): boolean {
  return a?.partitionKey === b?.partitionKey && a?.rowKey === b?.rowKey;
}

export function toRow(state: DeviceState): DeviceRow {
  const { deviceId } = state;
  const [partitionKey, rowKey] = stateKey(deviceId);
  return { partitionKey, rowKey, deviceId, ...toColumns('state', state) };
}

export function fromRow(row: StoredRow): DeviceState {
  const state = fromColumns('state', row) as DeviceState;
  // JSON has no undefined.
  return { ...unknownDevice(state.deviceId), ...state };
}

import { fromColumns, toColumns } from '../azure/tables/jsonColumns';
import type { Row, StoredRow } from '../azure/tables/table';
import { InvalidInputError } from '../errors/invalidInputError';
import type { TagsPatch } from '../twins/tags';
import type { TagRow } from './tagRow';

/** A device, with its tags where it has its own, and the etag that its twin must have, where one must. */
export type ChunkDevice = readonly [deviceId: string, tags?: TagsPatch, ifMatch?: string];

/** A part of a job that one message stands for. */
export interface Chunk {
  number: number;
  devices: readonly ChunkDevice[];
  /** Of a condition: the hub's token for the page after; absent after the last. */
  next?: string | undefined;
  isLast?: boolean;
}

/** What became of a chunk. */
export interface ChunkProgress {
  number: number;
  /** A character a device: `.` is pending, `s` succeeded, `f` failed. */
  outcomes: string;
  next?: string | undefined;
  isLast?: boolean;
  /** When nothing of it was pending any more. */
  endedAt?: string;
  /** The chunk that follows it in the window was sent. */
  isPassedOn?: boolean;
}

/** What became of a chunk, as it was read. */
export interface ChunkRow {
  progress: ChunkProgress;
  etag: string;
}

/** Devices of a chunk: a page of a query, and two seconds of an S1 hub. */
const maxChunkDevices = 100;

/**
 * Characters of a chunk's devices in the table, where they are ASCII: the hundred rows of a transaction, those of fifty
 * chunks, fit into its 4 MiB.
 */
export const maxChunkCharacters = 48 * 1024;

/**
 * Cuts a list into chunks.
 *
 * @throws InvalidInputError for tags that no chunk can hold; those of a twin are far shorter.
 */
export function* toChunks(rows: readonly TagRow[], shared: TagsPatch | undefined): Generator<Chunk> {
  let devices: ChunkDevice[] = [];
  let characters = 0;
  let number = 0;
  for (const row of rows) {
    const { deviceId } = row;
    const device = toChunkDevice(row, shared);
    const size = charactersOf(device);
    if (size > maxChunkCharacters) {
      throw new InvalidInputError(
        `The tags of ${deviceId} take ${size} characters; a job takes ${maxChunkCharacters}.`,
      );
    }
    if (devices.length === maxChunkDevices || characters + size > maxChunkCharacters) {
      yield { number: number++, devices };
      devices = [];
      characters = 0;
    }
    devices.push(device);
    characters += size;
  }
  if (devices.length > 0) yield { number, devices };
}

function toChunkDevice({ deviceId, tags, ifMatch }: TagRow, shared: TagsPatch | undefined): ChunkDevice {
  if (ifMatch !== undefined) return [deviceId, tags, ifMatch];
  return tags === shared ? [deviceId] : [deviceId, tags];
}

/** The rows of a new chunk: its devices, which stay, and what became of them, which does not. */
export function toChunkRows(jobId: string, { number, devices, next, isLast }: Chunk): Row[] {
  const progress: ChunkProgress = {
    number,
    outcomes: '.'.repeat(devices.length),
    ...(next === undefined ? {} : { next }),
    ...(isLast ? { isLast } : {}),
    ...(devices.length === 0 ? { endedAt: new Date().toISOString() } : {}),
  };
  return [
    { partitionKey: jobId, rowKey: devicesKey(number), ...toColumns('devices', devices) },
    { partitionKey: jobId, rowKey: progressKey(number), ...toColumns('progress', progress) },
  ];
}

export function fromChunkRow(row: StoredRow): ChunkRow {
  return { progress: fromColumns('progress', row) as ChunkProgress, etag: row.etag };
}

/** The key of the row that says what became of a chunk. */
export function progressKey(number: number): string {
  return `progress|${padded(number)}`;
}

/** The key of the row that holds the devices of a chunk. */
export function devicesKey(number: number): string {
  return `devices|${padded(number)}`;
}

/** A number that sorts as text. */
export function padded(number: number): string {
  return String(number).padStart(6, '0');
}

/** How many characters {@link toColumns} makes of a value. */
export function charactersOf(value: unknown): number {
  return Object.values(toColumns('value', value)).join('').length;
}

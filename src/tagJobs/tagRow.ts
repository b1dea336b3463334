import { InvalidInputError } from '../errors/invalidInputError';
import type { TagChange } from '../twins/tagChanges';
import { isEmptyPatch, type TagsPatch } from '../twins/tags';

/** A device, and the tags to merge into its own. */
export interface TagRow {
  deviceId: string;
  tags: TagsPatch;
  /** The etag that its twin must have; any where it is absent. */
  ifMatch?: string;
  /** Instead of tags to merge, which are none: what to take back. */
  undo?: { changes: readonly TagChange[]; force: boolean };
}

/** The rows of a body, and the columns of it that say nothing about tags. */
export interface TagRows {
  rows: TagRow[];
  ignoredColumns: string[];
}

/** Most devices that one request may name. */
const maxRows = 100_000;

/** The devices that a list has named so far, and where. */
export class NamedDevices {
  readonly #places = new Map<string, number>();

  /** @param place names a place of the list by its number: `line 2`, for one. */
  constructor(private readonly place: (at: number) => string) {}

  /**
   * Notes a device.
   *
   * @throws InvalidInputError for one that was named before, and past {@link maxRows}.
   */
  add(deviceId: string, at: number): void {
    const before = this.#places.get(deviceId);
    if (before !== undefined) {
      throw new InvalidInputError(`device ${deviceId} stands in ${this.place(before)} already; name it once.`);
    }
    if (this.#places.size >= maxRows) {
      throw new InvalidInputError(`there are more than ${maxRows} devices; send the rest with another request.`);
    }
    this.#places.set(deviceId, at);
  }
}

/**
 * Refuses a list of which no device would be written. One among others is none of that: an export has empty cells.
 *
 * @throws InvalidInputError with the path `tags`.
 */
export function refuseEmpty(rows: readonly Pick<TagRow, 'tags'>[]): void {
  if (rows.some(({ tags }) => !isEmptyPatch(tags))) return;
  throw new InvalidInputError('There is no tag in it, so nothing would be written: give each device its tags.', 'tags');
}

import type { Json } from '../api/schemas';
import { valueAt } from '../logic/mergePatch';

/** A device of a list: its id, and what the columns after it say. */
export interface Row {
  deviceId: string;
  cells: readonly (Json | undefined)[];
}

/** The paths that are asked for as columns. */
export const splitFields = (text: string): string[] =>
  text
    .split(',')
    .map((field) => field.trim())
    .filter((field) => field !== '');

/** What a listed device has at a path. */
export const cellOf = (device: Json, field: string): Json | undefined => valueAt(device, field.split('.'));

import type { JsonObject } from '../service/types';

/** Where the devices of the demo are. */
export const plants = [
  { region: 'US', plant: 'Redmond43' },
  { region: 'US', plant: 'Redmond40' },
  { region: 'EU', plant: 'Dublin2' },
  { region: 'APAC', plant: 'Singapore7' },
];

export const connectivities = ['cellular', 'wifi', 'ethernet'];

/** From the oldest that is still about to the one that is rolled out. */
export const firmwares = ['9.0.3', '9.1.0', '10.0.0'];

/** The id of a simulated device; they are counted from 0, and their names from 1. */
export function idOf(index: number): string {
  return `sim-${String(index + 1).padStart(6, '0')}`;
}

/** Percent. */
export function batteryOf({ properties }: JsonObject): number {
  const { battery } = (properties as { reported: JsonObject }).reported;
  return typeof battery === 'number' ? battery : 100;
}

/** One of some, by a number from 0 to below 1. */
export function one<T>(some: readonly T[], chance: number): T {
  return some[Math.floor(chance * some.length)] as T;
}

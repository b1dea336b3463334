import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '../row';
import { type FleetSystem, startFleet, unhindered } from './fleetSystem';

const fleet = 100_000;

/** Longest wait, in milliseconds. */
const patienceMs = 900_000;

/** The members of 100,000 devices that were there before the app, where neither hub nor storage is the limit. */
export async function filling(): Promise<Row[]> {
  const system = await startFleet({ simulated: fleet, ...unhindered });
  try {
    const start = performance.now();
    const run = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    await fetch(`${system.urls[0]}/admin/functions/runTwinQueries`, run);
    // Seldom: Azurite looks through a whole table for each list.
    while (!(await isFilled(system))) {
      if (performance.now() - start > patienceMs) throw new Error('The fill does not come to its end.');
      await sleep(2000);
    }
    const value = performance.now() - start;
    const { locations } = await ask<{ locations: { devices: number }[] }>(system, 'locations');
    const found = locations.reduce((sum, { devices }) => sum + devices, 0);
    if (found !== fleet) throw new Error(`${found} members of ${fleet} devices`);
    return [{ what: `the first fill of the members of ${fleet} devices`, value, aim: '90,000 ms' }];
  } finally {
    await system.stop();
  }
}

async function isFilled(system: FleetSystem): Promise<boolean> {
  const { filled } = await ask<{ filled?: number }>(system, 'locations/none/devices');
  return filled === 1;
}

async function ask<T>({ urls }: FleetSystem, path: string): Promise<T> {
  return (await (await fetch(`${urls[0]}/api/${path}`)).json()) as T;
}

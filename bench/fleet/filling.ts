import { setTimeout as sleep } from 'node:timers/promises';
import { TableClient } from '@azure/data-tables';
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
    while (!(await isFilled(system))) {
      if (performance.now() - start > patienceMs) throw new Error('The fill does not come to its end.');
      await sleep(500);
    }
    const value = performance.now() - start;
    const reply = await fetch(`${system.urls[0]}/api/locations`);
    const { locations } = (await reply.json()) as { locations: { devices: number }[] };
    const found = locations.reduce((sum, { devices }) => sum + devices, 0);
    if (found !== fleet) throw new Error(`${found} members of ${fleet} devices`);
    return [{ what: `the first fill of the members of ${fleet} devices`, value, aim: '90,000 ms' }];
  } finally {
    await system.stop();
  }
}

/** By the row alone: for each list Azurite looks through the whole table. */
async function isFilled({ tables }: FleetSystem): Promise<boolean> {
  const runs = TableClient.fromConnectionString(tables, 'Runs', { allowInsecureConnection: true });
  return runs.getEntity('runTwinQueries', 'sweep').then(
    () => true,
    () => false,
  );
}

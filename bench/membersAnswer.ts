import { TableClient, type TransactionAction } from '@azure/data-tables';
import { encodeKey } from '../src/azure/tables/keys';
import { type LocalSystem, startLocalSystem } from './localSystem';
import type { Row } from './row';

const fleet = 100_000;
const [location, connectivity] = ['Redmond43', 'cellular'];

/** Who is in a location by cellular, among 100,000 devices: by the kept members, against the hub's query. */
export async function membersAnswer(): Promise<Row[]> {
  const system = await startLocalSystem({ hasTables: true, simulated: fleet });
  try {
    await fill(system);
    const members = await read(`${system.url}/api/locations/devices?location=${location}&connectivity=${connectivity}`);
    const query = await read(`${system.url}/api/devices?location=${location}&connectivity=${connectivity}`);
    if (members.devices !== query.devices) throw new Error(`${members.devices} members, ${query.devices} in the query`);
    return [
      {
        what: `${members.devices} of ${fleet} devices in a location on cellular, by the members`,
        value: members.value,
        baseline: { what: "by the hub's query", value: query.value },
        note: `0 hub calls in ${members.requests} requests, against ${query.requests} hub calls; S1 allows 20 a minute`,
      },
    ];
  } finally {
    await system.stop();
  }
}

/** As if an event of each of these devices had come: all of one partition, among members of other locations. */
async function fill({ connectionString = '', url }: LocalSystem): Promise<void> {
  await fetch(`${url}/api/locations`); // makes the table
  const table = TableClient.fromConnectionString(connectionString, 'Members', { allowInsecureConnection: true });
  const now = new Date().toISOString();
  const plants = [location, 'Redmond40', 'Dublin2', 'Singapore7'];
  const kinds = [connectivity, 'wifi', 'ethernet'];
  await Promise.all(
    plants.map(async (plant, offset) => {
      let batch: TransactionAction[] = [];
      for (let index = offset; index < fleet; index += plants.length) {
        const deviceId = `sim-${String(index + 1).padStart(6, '0')}`;
        const kind = kinds[index % kinds.length] ?? '';
        const key = { partitionKey: encodeKey(plant), rowKey: `${encodeKey(kind)}|${encodeKey(deviceId)}` };
        const member = { deviceId, location: plant, connectivity: kind, since: now, movedAt: now, isPresent: true };
        batch.push(['create', { ...key, ...member }]);
        if (batch.length < 100 && index + plants.length < fleet) continue;
        await table.submitTransaction(batch);
        batch = [];
      }
    }),
  );
}

/** Reads all pages of a list. */
async function read(url: string) {
  const start = performance.now();
  let requests = 0;
  let devices = 0;
  let continuation: string | undefined;
  do {
    const page = new URL(url);
    if (continuation !== undefined) page.searchParams.set('continuation', continuation);
    const answer = (await (await fetch(page)).json()) as { devices: object[]; continuation?: string };
    requests++;
    devices += answer.devices.length;
    continuation = answer.continuation;
  } while (continuation !== undefined);
  return { value: performance.now() - start, requests, devices };
}

import { endpoint } from '../../src/api/http/endpoint';
import type { Services } from '../../src/app/services';
import { toColumns } from '../../src/azure/tables/jsonColumns';
import type { Table } from '../../src/azure/tables/table';
import { Tables } from '../../src/azure/tables/tables';
import { locations } from '../../src/functions/locations';
import { MemoryQueue } from '../support/memoryQueue';
import { MemoryTable } from '../support/memoryTables';
import { call, keepingIn } from './functionCalls';
import { type MembersSetup, startMembers } from './membersSetup';
import { workAll, workOne } from './tagJobsSetup';

// Devices that were there before the app: taken in by queue, page by page.

let members: MembersSetup;
let queue: MemoryQueue;
let services: Services;
/** Calls of tables, by their names; the first that `fail` chooses fails as where the service is not there. */
let operations: string[];
let tables: Tables;
let fail: string | undefined;

const devices = 250;

beforeEach(async () => {
  members = await startMembers({ simulated: devices });
  queue = new MemoryQueue();
  [operations, fail] = [[], undefined];
  tables = new Tables(async (name) => counting(new MemoryTable(), name));
  services = keepingIn(tables, { ...members.servicesWith(settings), queue: () => queue });
  members.services = services;
});
afterEach(() => members.emulator.stop());

const settings = { CONNECTIVITY_PATH: 'properties.reported.connectivity' };

function counting(table: Table, name: string): Table {
  return new Proxy(table, {
    get(target, method: keyof Table) {
      // Whoever waits for the table asks whether it is a promise.
      if (!target[method]) return undefined;
      return async (...args: unknown[]) => {
        const operation = `${name}.${method}`;
        operations.push(operation);
        if (operation !== fail) return (target[method] as (...all: unknown[]) => unknown).apply(target, args);
        fail = undefined;
        throw Object.assign(new Error('not there'), { statusCode: 503 });
      };
    },
  });
}

async function standing() {
  const { body } = await call(endpoint(locations, services), { method: 'GET' });
  const {
    locations: all,
    comparedAt,
    filled,
  } = body as {
    locations: { devices: number; connectivity: Record<string, number> }[];
    comparedAt: string | null;
    filled: number;
  };
  const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0);
  return {
    devices: sum(all.map((each) => each.devices)),
    connected: sum(all.flatMap(({ connectivity }) => Object.values(connectivity))),
    comparedAt,
    filled,
  };
}

const all = { devices, connected: devices, comparedAt: expect.any(String), filled: 1 };
const first = 'sim-000001';

test('are taken in step by step, told by their share, with few operations', async () => {
  expect((await members.run()).at(-1)).toBe('information: members: the first fill is on its way | listed=0 total=250');
  expect(await standing()).toEqual({ devices: 0, connected: 0, comparedAt: null, filled: 0 });
  await workOne(queue, services);
  queue.skipDelay();
  await workOne(queue, services);
  expect(await standing()).toEqual({ devices: 100, connected: 100, comparedAt: null, filled: 0.4 });
  const logged = await workAll(queue, services);
  expect(logged.at(-1)).toMatch(/^information: members, fill \d+: filled \| kind=fill .* listed=250 total=250$/);
  expect(await standing()).toEqual(all);
  expect(queue.count).toBe(0);
  expect(operations.length / devices).toBeLessThan(1.1);
  expect((await members.run()).at(-1)).toContain('put right none | listed=250 whole=true repaired=0 unread=0 drift=0');
});

test('are listed at half the rate that the hub allows', async () => {
  await members.run();
  await workOne(queue, services);
  expect(queue.receive()).toBeUndefined();
  const before = queue.count;
  const now = Date.now();
  jest.useFakeTimers({ now: now + 5000, doNotFake: ['performance', 'nextTick', 'setImmediate'] });
  expect(queue.receive()).toBeUndefined();
  jest.setSystemTime(now + 6500);
  expect(queue.receive()?.message).toMatchObject({ kind: 'fill', number: 1 });
  jest.useRealTimers();
  expect(before).toBe(1);
});

test('do not undo what events told meanwhile, nor before', async () => {
  await members.tag(first, 'Elsewhere');
  await members.tell(first, { tags: { location: { plant: 'Elsewhere' } } });
  await members.run();
  await workOne(queue, services);
  await members.tag('sim-000002', 'Elsewhere');
  await members.tell('sim-000002', { tags: { location: { plant: 'Elsewhere' } } });
  await workAll(queue, services);
  expect(await members.present('Elsewhere')).toEqual([first, 'sim-000002']);
  expect(await standing()).toEqual(all);
});

test('stand in no place twice where a step was cut off, and a device moved before it was repeated', async () => {
  await members.run();
  await workOne(queue, services);
  queue.skipDelay();
  fail = 'TwinStates.addAll';
  expect(await workOne(queue, services)).toEqual([expect.stringMatching(/^warning: members, fill 1: put back/)]);
  for (const deviceId of [first, 'sim-000002', 'sim-000003']) {
    await members.tag(deviceId, 'Elsewhere');
    await members.tell(deviceId, { tags: { location: { plant: 'Elsewhere' } } });
  }
  await workAll(queue, services);
  expect(await members.present('Elsewhere')).toEqual([first, 'sim-000002', 'sim-000003']);
  expect(await standing()).toEqual(all);
});

test('are taken in once where a message comes twice', async () => {
  await members.run();
  await members.run();
  const logged = await workAll(queue, services);
  expect(logged.filter((line) => line.includes('left: it was done'))).toHaveLength(1);
  expect(await standing()).toEqual(all);
});

test('go on where the message was lost', async () => {
  await members.run();
  await workOne(queue, services);
  queue.clear();
  await members.run();
  await workAll(queue, services);
  expect(await standing()).toEqual(all);
});

test('wait while the hub throttles', async () => {
  await members.run();
  members.emulator.hub.faults.add({ operation: 'query', count: 4, fault: { kind: 'status', status: 403 } });
  expect((await workOne(queue, services))?.[0]).toMatch(/fill 0: put back.* attempt=0 delay=\d+$/);
  await workAll(queue, services);
  expect(await standing()).toEqual(all);
}, 20_000);

test('what an earlier version kept is read, and moved', async () => {
  const old = {
    deviceId: first,
    location: 'Elsewhere',
    locationAt: '2024-01-01T00:00:00.0000000|0000000000000004',
    connectivityAt: '',
    version: 4,
    places: [],
    isListed: false,
  };
  await tables.use('TwinStates', (table) =>
    table.put({ partitionKey: first, rowKey: 'device', ...toColumns('state', old) }),
  );
  // Older than what was kept.
  await members.tell(first, { tags: { location: { plant: 'Before' } } }, '2023-01-01T00:00:00.0000000Z');
  expect(await members.present('Before')).toEqual([]);
  await members.run();
  expect(await tables.use('TwinStates', (table) => table.get(first, 'device'))).toBeUndefined();
  await workAll(queue, services);
  // The twin is where it was simulated: it was read, for an event had told another place.
  expect(await members.present('Elsewhere')).toEqual([]);
  expect(await standing()).toEqual(all);
});

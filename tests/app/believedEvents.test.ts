import { endpoint } from '../../src/api/http/endpoint';
import { SeenEvents } from '../../src/changes/seenEvents';
import { deviceChanges } from '../../src/functions/deviceChanges';
import { onTwinChange } from '../../src/functions/onTwinChange';
import { memoryTables } from '../support/memoryTables';
import { allButDate, call, keepingIn, recordingContext, servicesOf } from './functionCalls';
import { failure, json, reset, type ScriptedHub, startScriptedHub } from './scriptedHub';

// Whoever can send to the function can tell it anything: what cannot be true is put aside.

let hub: ScriptedHub;
let tables: ReturnType<typeof memoryTables>;

beforeAll(async () => {
  hub = await startScriptedHub();
});
beforeEach(() => {
  tables = memoryTables();
});
afterEach(() => void jest.useRealTimers());
afterAll(() => hub.stop());

const minute = 60_000;
const timeIn = (ms: number) => new Date(Date.now() + ms).toISOString().replace('Z', '0000Z');

function eventOf(deviceId: string, time: string, hubName = 'localhost') {
  return {
    specversion: '1.0',
    id: `${hubName}/${deviceId}//${time}/3`,
    source: `iothub/${hubName}`,
    subject: `devices/${deviceId}`,
    time,
    type: 'DeviceTwins.TwinChanged',
    data: { operation: 'update', version: 3, tags: { location: { plant: 'Redmond43' } } },
  };
}

/** Tells the app of an event; what was logged, and how many changes and members are kept then. */
async function tell(event: ReturnType<typeof eventOf>) {
  const services = keepingIn(tables, servicesOf(hub));
  const { context, logged } = recordingContext();
  await onTwinChange(event, context, services, new SeenEvents());
  const deviceId = event.subject.slice('devices/'.length);
  const { body } = await call(endpoint(deviceChanges, services), { method: 'GET', params: { deviceId } });
  const members = await services.records()?.members.list({ location: 'Redmond43' }, 10);
  const isPutAside = (await tables.use('PutAside', (table) => table.list({}, 10))).rows.length > 0;
  return {
    line: logged[0],
    changes: (body as { changes: unknown[] }).changes.length,
    members: members?.members.length,
    isPutAside,
  };
}

const believed = { changes: 1, members: 1, isPutAside: false };
const putAside = { changes: 0, members: 0, isPutAside: true };

test("an event of this hub is believed, whatever the case of the hub's name", async () => {
  hub.play(reset);
  expect(await tell(eventOf('a', timeIn(0)))).toMatchObject(believed);
  expect(await tell(eventOf('a', timeIn(0), 'LocalHost'))).toMatchObject({ isPutAside: false });
  expect(hub.received).toEqual([]);
});

test('an event of another hub is put aside', async () => {
  expect(await tell(eventOf('a', timeIn(0), 'another'))).toMatchObject({
    ...putAside,
    line: 'error: Event put aside, not to be believed: its source is iothub/another, not the configured hub iothub/localhost.',
  });
});

test.each([
  ['where the twin can be read', () => json({ deviceId: 'a', etag: 'x', version: 1 })],
  ['where the device is unknown', () => failure(404, 'DeviceNotFound')],
])('an event from the future is put aside by the time of the hub, %s', async (_name, answer) => {
  hub.play(answer());
  expect(await tell(eventOf('a', '9999-01-01T00:00:00.0000000Z'))).toMatchObject({
    ...putAside,
    line: expect.stringMatching(/^error: Event put aside, not to be believed: its time is 9999-.*, the hub's is 20/),
  });
});

test('an event that is minutes ahead is believed', async () => {
  hub.play(reset);
  expect(await tell(eventOf('a', timeIn(4 * minute)))).toMatchObject(believed);
  expect(hub.received).toEqual([]);
});

test('an app whose clock is behind asks the hub, and believes it', async () => {
  hub.play(json({ deviceId: 'a', etag: 'x', version: 1 }));
  const event = eventOf('a', timeIn(0));
  jest.useFakeTimers({ now: Date.now() - 60 * minute, doNotFake: [...allButDate] });
  expect(await tell(event)).toMatchObject(believed);
  expect(hub.received).toHaveLength(1);
});

test('while the hub cannot be asked an event from the future comes again', async () => {
  hub.play(failure(401, 'IotHubUnauthorizedAccess'));
  await expect(tell(eventOf('a', '9999-01-01T00:00:00.0000000Z'))).rejects.toThrow('ServiceConnect');
});

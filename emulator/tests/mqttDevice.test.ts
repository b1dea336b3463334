import { once } from 'node:events';
import type { Client } from 'azure-iot-device';
import type { Registry, Twin } from 'azure-iothub';
import type { IotHub } from 'iot-hub-emulator';
import { startEmulator, type TestEmulator } from './support/emulator';
import { proxyTo } from './support/proxy';
import { desiredChanges, deviceOf, patchTo, report } from './support/sdkDevice';

let emulator: TestEmulator;
let hub: IotHub;
let registry: Registry;
let device: Client;
let deviceId: string;
let names = 0;

beforeAll(async () => {
  emulator = await startEmulator();
  ({ hub } = emulator);
  registry = emulator.registry();
});
afterAll(() => emulator.stop());
beforeEach(async () => {
  deviceId = `device-${++names}`;
  await registry.create({ deviceId });
  device = await deviceOf(hub, deviceId);
});
afterEach(() => device.close());

/** The twin as the service has it. The SDK's type lacks members that it has. */
const twinOf = async () => (await registry.getTwin(deviceId)).responseBody as Twin & { connectionState: string };

test('a device reads its properties, without tags and metadata', async () => {
  await registry.updateTwin(deviceId, { tags: { a: 1 }, properties: { desired: { rate: 5 } } }, '*');
  const { properties } = await device.getTwin();
  expect(properties).toEqual({
    desired: { rate: 5, $version: 2 },
    reported: { update: expect.any(Function), $version: 1 },
  });
});

test('a report is merged, and null removes', async () => {
  const twin = await device.getTwin();
  await report(twin, { connectivity: 'cellular', cell: { id: 7, band: 3 } });
  await report(twin, { cell: { band: null }, level: 1 });
  expect((await twinOf()).properties.reported).toMatchObject({
    connectivity: 'cellular',
    cell: { id: 7 },
    level: 1,
    $version: 3,
  });
  expect((await twinOf()).properties.reported.cell).toEqual({ id: 7 });
});

test.each([
  ['with a value that is too long', { long: 'x'.repeat(4097) }],
  ['that nests too deep', JSON.parse(`${'{"a":'.repeat(12)}1${'}'.repeat(12)}`)],
  ['that is too large', Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`k${index}`, 'x'.repeat(4000)]))],
  ['with a forbidden name', { 'a.b': 1 }],
])('a report %s is an error, and changes nothing', async (_, patch) => {
  const twin = await device.getTwin();
  await expect(report(twin, patch)).rejects.toThrow();
  expect((await twinOf()).properties.reported.$version).toBe(1);
  await report(twin, { good: true });
  expect((await twinOf()).properties.reported).toMatchObject({ good: true, $version: 2 });
});

test('a change of desired properties reaches the device as it was written', async () => {
  const changes = await desiredChanges(device);
  await registry.updateTwin(deviceId, { properties: { desired: { rate: 5, mode: { on: true } } } }, '*');
  expect(await patchTo(2, changes)).toEqual({ rate: 5, mode: { on: true }, $version: 2 });
  await registry.updateTwin(deviceId, { properties: { desired: { rate: null } } }, '*');
  expect(await patchTo(3, changes)).toEqual({ rate: null, $version: 3 });
});

test('a replacement of desired properties reaches the device whole', async () => {
  const changes = await desiredChanges(device);
  await registry.updateTwin(deviceId, { properties: { desired: { rate: 5, mode: 1 } } }, '*');
  await emulator.request({
    method: 'PUT',
    path: `/twins/${deviceId}?api-version=2021-04-12`,
    headers: { 'content-type': 'application/json' },
    body: '{"properties":{"desired":{"mode":2}}}',
  });
  expect(await patchTo(3, changes)).toEqual({ mode: 2, $version: 3 });
});

test('the twin says whether its device is connected', async () => {
  expect((await twinOf()).connectionState).toBe('Disconnected');
  await device.open();
  expect((await twinOf()).connectionState).toBe('Connected');
  await device.close();
  await expectSoon(async () => (await twinOf()).connectionState, 'Disconnected');
});

test('a second connection leaves the device connected', async () => {
  await device.open();
  const second = await deviceOf(hub, deviceId);
  await second.open();
  await second.getTwin();
  expect((await twinOf()).connectionState).toBe('Connected');
  await second.close();
});

test('after a broken connection the device reads its twin and hears changes without subscribing again', async () => {
  const proxy = await proxyTo(hub.ports.mqtt);
  const roaming = await deviceOf(hub, deviceId, proxy.address);
  const changes = await desiredChanges(roaming);
  const reconnected = once(roaming, 'connect');
  proxy.drop();
  await reconnected;
  expect((await roaming.getTwin()).properties.desired).toEqual({ $version: 1 });
  await registry.updateTwin(deviceId, { properties: { desired: { rate: 6 } } }, '*');
  expect(await patchTo(2, changes)).toEqual({ rate: 6, $version: 2 });
  await roaming.close();
  proxy.stop();
});

/** Asks until the answer is the one expected, or the test's time is over. */
async function expectSoon<T>(ask: () => Promise<T>, expected: T): Promise<void> {
  while ((await ask()) !== expected);
}

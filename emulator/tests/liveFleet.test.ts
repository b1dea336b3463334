import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IotHubOptions } from 'iot-hub-emulator';
import { startEmulator, type TestEmulator } from './support/emulator';
import { ManualClock } from './support/manualClock';
import { MqttPeer } from './support/mqttPeer';

const started: TestEmulator[] = [];
afterEach(async () => {
  for (let each = started.pop(); each; each = started.pop()) await each.stop();
});

interface Row {
  deviceId: string;
  connectionState: string;
  lastActivityTime: string;
  version: number;
  tags: { location: { plant: string; region: string } };
  properties: { reported: { connectivity: string; firmware?: string; battery?: number } };
}

async function start(options: IotHubOptions) {
  const clock = new ManualClock();
  const emulator = await startEmulator({ simulated: 60, clock, ...options });
  started.push(emulator);
  return { clock, emulator };
}

async function fleetOf(emulator: TestEmulator): Promise<Row[]> {
  const query = emulator.registry().createQuery('SELECT * FROM devices', 100);
  const rows: Row[] = [];
  while (query.hasMoreResults) {
    const { result } = await query.nextAsTwin();
    rows.push(...result.map((twin) => twin as unknown as Row));
  }
  return rows;
}

/** What hangs on no clock of this machine. */
function lives(rows: Row[]) {
  return rows.map(({ deviceId, connectionState, version, tags, properties: { reported } }) => {
    const { connectivity, firmware, battery } = reported;
    return { deviceId, connectionState, version, tags, connectivity, firmware, battery };
  });
}

test('without it simulated devices stay as they are', async () => {
  const { clock, emulator } = await start({});
  const before = await fleetOf(emulator);
  await clock.advance(60_000);
  expect(lives(await fleetOf(emulator))).toEqual(lives(before));
  expect(before.some(({ properties }) => 'firmware' in properties.reported)).toBe(false);
});

test('devices begin with a past: most are connected, some have been silent for days', async () => {
  const { emulator } = await start({ simulated: 1000, live: {} });
  const rows = await fleetOf(emulator);
  const day = 24 * 60 * 60 * 1000;
  const ago = ({ lastActivityTime }: Row) => Date.now() - Date.parse(lastActivityTime);
  const connected = rows.filter(({ connectionState }) => connectionState === 'Connected');
  const silent = rows.filter((row) => ago(row) > day);
  expect(connected.length / rows.length).toBeCloseTo(0.8, 1);
  expect(silent.length / rows.length).toBeCloseTo(0.05, 1);
  expect(Math.max(...rows.map(ago))).toBeLessThan(31 * day);
  expect(new Set(rows.map(({ properties }) => properties.reported.firmware)).size).toBe(3);
});

test('they report, move, connect and disconnect, as many a second as is said', async () => {
  const { clock, emulator } = await start({ live: { perSecond: 10 } });
  const before = await fleetOf(emulator);
  await clock.advance(100_000);
  const after = await fleetOf(emulator);
  const changed = (part: (row: Row) => unknown) =>
    after.filter((row, at) => part(row) !== part(before[at] as Row)).length;
  for (const part of [
    ({ connectionState }: Row) => connectionState,
    ({ tags }: Row) => `${tags.location.region} ${tags.location.plant}`,
    ({ properties }: Row) => properties.reported.connectivity,
    ({ properties }: Row) => properties.reported.firmware,
    ({ properties }: Row) => properties.reported.battery,
  ]) {
    expect(changed(part)).toBeGreaterThan(5);
  }
  const written = after.reduce((sum, { version }, at) => sum + version - (before[at]?.version ?? 0), 0);
  // Of a thousand changes some 780 write a twin; the silent ones do nothing.
  expect(written).toBeGreaterThan(400);
  expect(written).toBeLessThan(1000);
});

test('the same seed has the same devices do the same, another one other things', async () => {
  const of = async (seed: number) => {
    const { clock, emulator } = await start({ live: { perSecond: 10, seed } });
    await clock.advance(20_000);
    return lives(await fleetOf(emulator));
  };
  const [one, again, other] = [await of(1), await of(1), await of(2)];
  expect(again).toEqual(one);
  expect(other).not.toEqual(one);
});

test('a device that a client has connected as is left alone', async () => {
  const { clock, emulator } = await start({ simulated: 1, live: { perSecond: 10 } });
  const peer = await MqttPeer.open(emulator.hub, 'sim-000001');
  const before = lives(await fleetOf(emulator));
  await clock.advance(60_000);
  expect(lives(await fleetOf(emulator))).toEqual(before);
  await peer.leave();
  await clock.advance(60_000);
  expect(lives(await fleetOf(emulator))).not.toEqual(before);
});

test('it lives on where devices are removed', async () => {
  const { clock, emulator } = await start({ simulated: 2, live: { perSecond: 10 } });
  await emulator.registry().delete('sim-000001');
  const before = lives(await fleetOf(emulator));
  await clock.advance(60_000);
  expect(lives(await fleetOf(emulator))).not.toEqual(before);
});

test('a start on devices that are kept leaves what they have reported as it is', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'live-'));
  const reported = async (seed: number) => {
    const emulator = await startEmulator({ simulated: 20, dataDir, clock: new ManualClock(), live: { seed } });
    const rows = lives(await fleetOf(emulator));
    await emulator.stop();
    return rows.map(({ deviceId, version, firmware, battery }) => ({ deviceId, version, firmware, battery }));
  };
  const before = await reported(1);
  expect(await reported(2)).toEqual(before);
  await rm(dataDir, { recursive: true });
});

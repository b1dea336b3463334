import { startEmulator, type TestEmulator } from './support/emulator';
import { ManualClock } from './support/manualClock';

let emulator: TestEmulator;
let clock: ManualClock;
const lines: string[] = [];

beforeEach(async () => {
  clock = new ManualClock();
  emulator = await startEmulator({ sku: 'S1', clock, devices: ['d1'], log: (line) => lines.push(line) });
});
afterEach(async () => {
  await emulator.stop();
  expect(lines.splice(0)).toEqual([]);
});

async function admin<T>(path: string): Promise<T> {
  const { status, text } = await emulator.request({ path: `/admin/${path}`, headers: { authorization: '' } });
  expect(status).toBe(200);
  return JSON.parse(text);
}

interface Throttling {
  kind: string;
  perSecond: number;
  aheadSeconds: number;
  served: number;
  delayed: number;
  refused: number;
}

async function throttling(kind: string): Promise<Throttling | undefined> {
  return (await admin<Throttling[]>('throttling')).find((each) => each.kind === kind);
}

/** Waits until so many have come, whether they are answered or wait. */
async function haveCome(kind: string, count: number, door = emulator): Promise<void> {
  for (;;) {
    const { text } = await door.request({ path: '/admin/throttling' });
    const found = (JSON.parse(text) as Throttling[]).find((each) => each.kind === kind);
    if (found && found.served + found.refused >= count) return;
  }
}

/** Makes the calls at once; tells by the clock how long each success took, and what the others failed with. */
function race(count: number, call: () => Promise<unknown>) {
  const latencies: number[] = [];
  const failures: { name: string; message: string; responseBody: string }[] = [];
  let changed = () => {};
  const start = clock.now();
  for (let n = 0; n < count; n++) {
    call()
      .then(
        () => latencies.push(clock.now() - start),
        (error) => failures.push(error),
      )
      .finally(() => changed());
  }
  const settled = async (wanted: number) => {
    while (latencies.length + failures.length < wanted) {
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
    }
  };
  return { latencies, failures, settled };
}

describe('S1 with one unit, under azure-iothub', () => {
  const query = () => emulator.registry().createQuery('SELECT * FROM devices').next('');

  it('serves a burst of queries, then ever later, then refuses with ThrottlingError', async () => {
    const { latencies, failures, settled } = race(53, query);
    await settled(41 + 3);
    for (let late = 1; late < 10; late++) {
      await clock.advance(500);
      await settled(41 + 3 + late);
    }
    const rising = Array.from({ length: 9 }, (_, n) => (n + 1) * 500);
    expect(latencies).toEqual([...Array.from({ length: 41 }, () => 0), ...rising]);
    expect(failures).toHaveLength(3);
    for (const { name, message } of failures) {
      expect(name).toBe('ThrottlingError');
      expect(message).toBe('The request has been throttled. Wait 10 seconds and try again. Operation type: Query');
    }
    expect(await throttling('query')).toMatchObject({ served: 50, delayed: 9, refused: 3 });
  });

  it('lets other kinds pass meanwhile, and queries again when the minute has earned them', async () => {
    const { latencies, settled } = race(50, query);
    await haveCome('query', 50);
    await expect(emulator.registry().getTwin('d1')).resolves.toBeDefined();
    await clock.advance(60_000);
    await settled(50);
    expect(latencies).toHaveLength(50);
    const again = race(20, query);
    await haveCome('query', 70);
    await clock.advance(5000);
    await again.settled(20);
    expect(again.failures).toEqual([]);
  });

  it('counts each identity of a bulk operation', async () => {
    const devices = Array.from({ length: 100 }, (_, n) => ({ deviceId: `bulk-${n}` }));
    await emulator.registry().addDevices(devices);
    await emulator.registry().getRegistryStatistics();
    expect(await throttling('registry')).toMatchObject({ served: 2, aheadSeconds: expect.closeTo(60.6, 1) });
  });

  it('counts reads and updates of twins apart', async () => {
    await emulator.registry().updateTwin('d1', { tags: { a: 1 } }, '*');
    await emulator.registry().getTwin('d1');
    expect(await throttling('twinUpdate')).toMatchObject({ served: 1, perSecond: 50 });
    expect(await throttling('twinRead')).toMatchObject({ served: 1, perSecond: 100 });
  });
});

it('counts direct methods by blocks of 4 KB of what is sent', async () => {
  const body = JSON.stringify({ methodName: 'reboot', payload: 'x'.repeat(9000) });
  expect(await emulator.request({ method: 'POST', path: '/twins/d1/methods', body })).toMatchObject({ status: 404 });
  expect(await throttling('method')).toMatchObject({ served: 1, perSecond: 40, aheadSeconds: 3 / 40 });
});

describe('a refusal on the wire', () => {
  const read = () => emulator.request({ path: '/devices/d1' });

  it('closes the connection, names code and operation, and says nothing of Retry-After', async () => {
    race(250, read);
    await haveCome('registry', 250);
    const { status, headers, text } = await read();
    expect([status, headers['iothub-errorcode'], headers.connection]).toEqual([
      429,
      'ThrottlingBacklogTimeout',
      'close',
    ]);
    expect(headers).not.toHaveProperty('retry-after');
    expect(JSON.parse(text).Message).toBe(
      'ErrorCode:ThrottlingBacklogTimeout;The request has been throttled. Wait 10 seconds and try again. Operation type: RegistryRead',
    );
  });

  it('says Retry-After where it was told to; and a shorter burst is over sooner', async () => {
    const other = await startEmulator({ sku: 'F1', clock, burstSeconds: 0, retryAfterSeconds: 7 });
    const ask = () =>
      other.request({ method: 'POST', path: '/devices/query', body: '{"query":"SELECT * FROM devices"}' });
    race(10, ask);
    await haveCome('query', 10, other);
    expect(await ask()).toMatchObject({ status: 429, headers: { 'retry-after': '7' } });
    await other.stop();
  });

  it('does not befall who has no right: that is told first, and counts as nothing', async () => {
    const refused = await emulator.request({ path: '/twins/d1', headers: { authorization: '' } });
    expect(refused.status).toBe(401);
    expect(await throttling('twinRead')).toMatchObject({ served: 0 });
  });
});

describe('PUT /admin/throttling', () => {
  const put = (body: string) =>
    emulator.request({
      method: 'PUT',
      path: '/admin/throttling',
      headers: { 'content-type': 'application/json' },
      body,
    });

  it('puts a throttle where a burst would, and back', async () => {
    expect(await put('{"operation":"twinRead","aheadSeconds":150}')).toMatchObject({ status: 200 });
    await expect(emulator.registry().getTwin('d1')).rejects.toMatchObject({ name: 'ThrottlingError' });
    await put('{"operation":"twinRead","aheadSeconds":0}');
    await expect(emulator.registry().getTwin('d1')).resolves.toBeDefined();
  });

  it.each([
    ['{"aheadSeconds":1}', 'operation: '],
    ['{"operation":"any","aheadSeconds":1}', 'operation: '],
    ['{"operation":"query","aheadSeconds":-1}', 'aheadSeconds: '],
  ])('refuses %s', async (body, why) => {
    expect(await put(body)).toMatchObject({
      status: 400,
      text: expect.stringContaining(`The backlog is not valid: ${why}`),
    });
  });
});

it('stops while requests wait', async () => {
  const { settled } = race(50, () =>
    emulator.request({ method: 'POST', path: '/devices/query', body: '{"query":"SELECT * FROM devices"}' }),
  );
  await haveCome('query', 50);
  await emulator.hub.stop();
  await settled(50);
});

it.each([
  ['F1', 2, 'A hub of the SKU F1 has 1 unit, not 2.'],
  ['S3', 11, 'A hub of the SKU S3 has 1 to 10 units, not 11.'],
] as const)('%s does not come with %i units', async (sku, units, message) => {
  await expect(startEmulator({ sku, units })).rejects.toThrow(message);
});

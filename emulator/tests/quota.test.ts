import { startEmulator, type TestEmulator } from './support/emulator';
import { ManualClock } from './support/manualClock';

const json = { 'content-type': 'application/json' };

let emulator: TestEmulator;
let clock: ManualClock;

beforeEach(async () => {
  clock = new ManualClock('2026-03-01T23:59:00Z');
});
afterEach(() => emulator.stop());

async function start(sku: 'F1' | 'S1'): Promise<void> {
  emulator = await startEmulator({ sku, clock, devices: ['d1'] });
}

async function quota(used?: number) {
  const change = used === undefined ? {} : { method: 'PUT', headers: json, body: JSON.stringify({ used }) };
  const { status, text } = await emulator.request({ path: '/admin/quota', ...change });
  expect(status).toBe(200);
  return JSON.parse(text);
}

/** What an action costs. */
async function cost(action: () => Promise<unknown>): Promise<number> {
  const before = (await quota()).used;
  await action();
  return (await quota()).used - before;
}

const bigTags = { tags: Object.fromEntries(Array.from({ length: 3 }, (_, n) => [`t${n}`, 'x'.repeat(2000)])) };

describe('what costs messages', () => {
  it.each([
    ['S1', 2],
    ['F1', 12],
  ] as const)('on %s, blocks of what is read or written', async (sku, blocks) => {
    await start(sku);
    const registry = emulator.registry();
    expect(await cost(() => registry.updateTwin('d1', bigTags, '*'))).toBe(blocks);
    const { text } = await emulator.request({ path: '/twins/d1' });
    const ofTwin = Math.ceil(text.length / (sku === 'F1' ? 512 : 4096));
    expect(await cost(() => registry.getTwin('d1'))).toBe(ofTwin);
    expect(await cost(() => registry.createQuery('SELECT tags FROM devices').next(''))).toBe(blocks);
    expect(await cost(() => registry.createQuery('SELECT deviceId FROM devices').next(''))).toBe(1);
  });

  it('identities, statistics and what is refused are free', async () => {
    await start('S1');
    const registry = emulator.registry();
    expect(
      await cost(async () => {
        await registry.create({ deviceId: 'd2' });
        await registry.list();
        await registry.getRegistryStatistics();
        await registry.delete('d2');
        await registry.getTwin('d2').catch(() => {});
        await registry.updateTwin('d1', bigTags, 'AAAAAAAAAAk=').catch(() => {});
      }),
    ).toBe(0);
  });
});

describe('the day', () => {
  it('has as many messages as the SKU, and is told in full', async () => {
    await start('F1');
    await emulator.registry().createQuery('SELECT deviceId FROM devices').next('');
    expect(await quota()).toEqual({
      sku: 'F1',
      units: 1,
      blockBytes: 512,
      limit: 8000,
      used: 1,
      left: 7999,
      resetsAt: '2026-03-02T00:00:00.000Z',
    });
  });

  it('used up, refuses what costs messages until the next begins in UTC', async () => {
    await start('S1');
    const registry = emulator.registry();
    await quota(399_999);
    await registry.getTwin('d1');
    expect(await quota()).toMatchObject({ used: 400_000, left: 0 });
    const { status, headers } = await emulator.request({ path: '/twins/d1' });
    expect([status, headers['iothub-errorcode']]).toEqual([403, 'IotHubQuotaExceeded']);
    await expect(registry.updateTwin('d1', { tags: { late: true } }, '*')).rejects.toMatchObject({
      responseBody: expect.stringContaining('ErrorCode:IotHubQuotaExceeded;'),
    });
    await expect(registry.createQuery('SELECT * FROM devices').next('')).rejects.toBeDefined();
    await expect(registry.get('d1')).resolves.toBeDefined();

    await clock.advance(60_000);
    expect((await registry.getTwin('d1')).responseBody).toMatchObject({ version: 2 });
    expect(await quota()).toMatchObject({ used: 1, resetsAt: '2026-03-03T00:00:00.000Z' });
  });

  it.each(['{}', '{"used":-1}', '{"used":1,"more":2}', 'junk'])('is not set by %s', async (body) => {
    await start('S1');
    const { status, text } = await emulator.request({ method: 'PUT', path: '/admin/quota', headers: json, body });
    expect(status).toBe(400);
    expect(JSON.parse(text).message).toBeDefined();
  });
});

it('without a SKU there is no quota to tell of', async () => {
  emulator = await startEmulator();
  for (const path of ['/admin/quota', '/admin/throttling']) {
    expect(await emulator.request({ path })).toMatchObject({
      status: 404,
      text: expect.stringContaining('start the emulator with --sku'),
    });
  }
});

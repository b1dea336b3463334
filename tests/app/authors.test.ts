import { endpoint } from '../../src/api/http/endpoint';
import { createServices, type Services } from '../../src/app/services';
import { type Environment, readSettings } from '../../src/app/settings';
import { tagTwin } from '../../src/functions/tagTwin';
import type { ChangeRecord } from '../../src/history/changeRecord';
import { memoryTables } from '../support/memoryTables';
import { changesOf, eventOf, services as eventServices, newDevice, tables, tell } from './eventsSetup';
import { call, keepingIn, servicesOf } from './functionCalls';
import { json, type ScriptedHub, startScriptedHub } from './scriptedHub';
import { post } from './tagJobsSetup';

// Who changed what, and why: kept by the app beside the version that it made, told with the change.

let hub: ScriptedHub;
let version = 1;

beforeAll(async () => {
  hub = await startScriptedHub();
});
afterAll(() => hub.stop());

const signedIn = { WEBSITE_AUTH_ENABLED: 'True' };
const servicesWith = (env: Environment = {}): Services => keepingIn(tables, servicesOf(hub, env));

interface Asked {
  headers?: Record<string, string>;
  query?: Record<string, string>;
  env?: Environment;
}

/** Tags a device; the version that the hub made of it. */
async function tag(deviceId: string, { headers = {}, query = {}, env }: Asked = {}) {
  hub.play(json({ deviceId, etag: 'x', version: ++version, tags: {} }));
  const { status, body } = await call(endpoint(tagTwin, servicesWith(env)), {
    method: 'PATCH',
    headers: { 'content-type': 'application/json', ...headers },
    query,
    params: { deviceId },
    body: { string: '{"plant":"P1"}' },
  });
  return { status, body, version };
}

/** Tells the app what the hub notifies of a version, and answers what the history tells of it. */
async function told(deviceId: string, ofVersion: number, time = new Date().toISOString()): Promise<ChangeRecord> {
  await tell(await eventOf(deviceId, { version: ofVersion, tags: { plant: `P${ofVersion}` } }, time), eventServices);
  const [newest] = (await changesOf(deviceId)) as unknown as ChangeRecord[];
  if (!newest) throw new Error('nothing is told');
  return newest;
}

test('a change tells who asked for it and why, by a key whoever has it', async () => {
  const deviceId = newDevice();
  const { version } = await tag(deviceId, { query: { reason: 'umgezogen, für Halle 7' } });
  expect(await told(deviceId, version)).toMatchObject({
    version,
    by: 'function key',
    reason: 'umgezogen, für Halle 7',
  });
  const { version: next } = await tag(deviceId, { headers: { 'x-reason': 'moved' } });
  expect(await told(deviceId, next)).toMatchObject({ version: next, by: 'function key', reason: 'moved' });
});

test('a change that this app did not make tells nobody', async () => {
  const deviceId = newDevice();
  await tag(deviceId);
  expect(await told(deviceId, ++version)).not.toHaveProperty('by');
});

test.each([['X-MS-CLIENT-PRINCIPAL-NAME'], ['X-MS-CLIENT-PRINCIPAL-ID'], ['X-MS-CLIENT-PRINCIPAL']])(
  'a forged %s counts for nothing where the platform signs nobody in',
  async (name) => {
    const deviceId = newDevice();
    const { version } = await tag(deviceId, { headers: { [name]: 'the boss' } });
    expect((await told(deviceId, version)).by).toBe('function key');
  },
);

test('where the platform signs callers in, the principal is told', async () => {
  const deviceId = newDevice();
  const { version } = await tag(deviceId, {
    headers: { 'X-MS-CLIENT-PRINCIPAL-NAME': 'ann@example.com' },
    env: signedIn,
  });
  expect((await told(deviceId, version)).by).toBe('ann@example.com');
  const { version: next } = await tag(deviceId, { env: signedIn });
  expect((await told(deviceId, next)).by).toBe('function key');
});

test('a notification that covers several versions tells all who made them', async () => {
  const deviceId = newDevice();
  await told(deviceId, version);
  const first = await tag(deviceId, { query: { reason: 'one' } });
  await tag(deviceId);
  const last = await tag(deviceId, { query: { reason: 'three' } });
  const { by, reason, coalesced, writes } = await told(deviceId, last.version);
  expect({ by, reason, coalesced }).toEqual({ by: 'function key', reason: 'three', coalesced: true });
  expect(writes).toEqual([
    { version: first.version, by: 'function key', reason: 'one' },
    { version: first.version + 1, by: 'function key' },
    { version: last.version, by: 'function key', reason: 'three' },
  ]);
});

test('a version of an earlier life of a device is not taken for one of the present', async () => {
  const deviceId = newDevice();
  const { version } = await tag(deviceId, { query: { reason: 'then' } });
  expect(await told(deviceId, version, new Date(Date.now() - 86_400_000).toISOString())).not.toHaveProperty('by');
});

test.each<[string, Asked]>([
  ['that differ', { headers: { 'x-reason': 'a' }, query: { reason: 'b' } }],
  ['of other letters in the header', { headers: { 'x-reason': 'umgezogen f\u00fcr' } }],
  ['that are too long', { query: { reason: 'x'.repeat(501) } }],
])('reasons %s are refused, and nothing is written', async (_name, asked) => {
  expect((await tag(newDevice(), asked)).status).toBe(400);
  expect(hub.received).toEqual([]);
});

test('a tag job tells who asked for it and why, of itself and of each change', async () => {
  const deviceId = newDevice();
  hub.play(json({ deviceId, etag: 'x', version: ++version, tags: {} }));
  const asked = { deviceIds: [deviceId], tags: { plant: 'P1' }, reason: 'a new hall' };
  const { body } = await post(servicesWith(), asked);
  expect(body).toMatchObject({ state: 'completed', by: 'function key', reason: 'a new hall' });
  expect(await told(deviceId, version)).toMatchObject({ by: 'function key', reason: 'a new hall' });
  expect((await post(servicesWith(), asked, { query: { reason: 'another' } })).status).toBe(400);
});

test('a device is tagged although the tables do not answer', async () => {
  const { TablesError } = await import('../../src/azure/tables/tables');
  const broken = memoryTables();
  broken.use = () => Promise.reject(new TablesError('Table Storage is down'));
  hub.play(json({ deviceId: 'd', etag: 'x', version: 2, tags: {} }));
  const { status, logged } = await call(endpoint(tagTwin, keepingIn(broken, servicesOf(hub))), {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    params: { deviceId: 'd' },
    body: { string: '{"plant":"P1"}' },
  });
  expect(status).toBe(200);
  expect(logged.at(-1)).toContain('who did it is kept nowhere');
});

test('each change has an id that is fit for a path, the same each time it is told, by which it is found', async () => {
  const deviceId = newDevice();
  const { history } = keepingIn(tables, createServices(readSettings({}))).records() ?? {};
  const first = await told(deviceId, ++version);
  const next = await told(deviceId, ++version);
  expect(encodeURIComponent(first.id)).toBe(first.id);
  expect(first.id).not.toBe(next.id);
  expect(((await changesOf(deviceId)) as unknown as ChangeRecord[]).map(({ id }) => id)).toEqual([next.id, first.id]);
  expect(await history?.find(`devices/${deviceId}`, next.id)).toEqual(next);
  expect(await history?.find(`devices/${newDevice()}`, next.id)).toBeUndefined();
  expect(await history?.find(`devices/${deviceId}`, 'x')).toBeUndefined();
});

import type { Registry } from 'azure-iothub';
import type { JsonObject, TwinDocument } from '../src/service/types';
import { startEmulator, type TestEmulator } from './support/emulator';

let emulator: TestEmulator;
let registry: Registry;
let devices = 0;

beforeAll(async () => {
  emulator = await startEmulator();
  registry = emulator.registry();
});
afterAll(() => emulator.stop());

async function newDevice(): Promise<string> {
  const deviceId = `device${++devices}`;
  await registry.create({ deviceId });
  return deviceId;
}

async function read(deviceId: string): Promise<TwinDocument> {
  return JSON.parse((await emulator.request({ path: `/twins/${deviceId}` })).text);
}

/** Through the SDK, whose etag is the star where none is given. */
async function patch(deviceId: string, body: object, etag = '*'): Promise<TwinDocument> {
  return JSON.parse(JSON.stringify((await registry.updateTwin(deviceId, body, etag)).responseBody));
}

const patchDesired = (deviceId: string, desired: object | null) => patch(deviceId, { properties: { desired } });

async function replace(deviceId: string, body: object): Promise<TwinDocument> {
  const request = { method: 'PUT', path: `/twins/${deviceId}`, body: JSON.stringify(body) };
  const { status, text } = await emulator.request(request);
  expect(status).toBe(200);
  return JSON.parse(text);
}

/** What the properties hold beside the hub's own members. */
function values({ $metadata, $version, ...rest }: JsonObject): JsonObject {
  return rest;
}

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z$/);

describe('a new twin', () => {
  it('has the shape and the versions that the service gives it', async () => {
    const deviceId = await newDevice();
    const empty = { $metadata: { $lastUpdated: time }, $version: 1 };
    expect(await read(deviceId)).toEqual({
      deviceId,
      etag: 'AAAAAAAAAAE=',
      deviceEtag: expect.stringMatching(/^[\w+/]+=*$/),
      status: 'enabled',
      statusUpdateTime: '0001-01-01T00:00:00Z',
      connectionState: 'Disconnected',
      lastActivityTime: '0001-01-01T00:00:00Z',
      cloudToDeviceMessageCount: 0,
      authenticationType: 'sas',
      x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
      modelId: '',
      version: 2,
      properties: { desired: empty, reported: empty },
      capabilities: { iotEdge: false },
    });
  });
});

describe('PATCH', () => {
  it('merges tags: sets, keeps, removes, replaces arrays whole', async () => {
    const deviceId = await newDevice();
    await patch(deviceId, { tags: { site: { plant: 'P1', floor: 1 }, list: [1, 2], gone: true } });
    const { tags } = await patch(deviceId, { tags: { site: { floor: 2 }, list: [3], gone: null, never: null } });
    expect(tags).toEqual({ site: { plant: 'P1', floor: 2 }, list: [3] });
  });

  it('leaves an empty object where the last member goes, and keeps one that it is given', async () => {
    const deviceId = await newDevice();
    await patch(deviceId, { tags: { site: { plant: 'P1' } } });
    expect((await patch(deviceId, { tags: { site: { plant: null }, other: {} } })).tags).toEqual({
      site: {},
      other: {},
    });
  });

  it('clears a section that is null', async () => {
    const deviceId = await newDevice();
    await patch(deviceId, { tags: { a: 1 }, properties: { desired: { b: 2 } } });
    const twin = await patch(deviceId, { tags: null, properties: { desired: null } });
    expect([twin.tags, values(twin.properties.desired)]).toEqual([{}, {}]);
  });

  it('moves etag and version with tags, and no $version', async () => {
    const twin = await patch(await newDevice(), { tags: { a: 1 } });
    expect([twin.etag, twin.version]).toEqual(['AAAAAAAAAAI=', 3]);
    expect([twin.properties.desired.$version, twin.properties.reported.$version]).toEqual([1, 1]);
  });

  it('counts tags and desired properties in one request as one write', async () => {
    const twin = await patch(await newDevice(), { tags: { a: 1 }, properties: { desired: { b: 2 } } });
    expect([twin.etag, twin.version, twin.properties.desired.$version]).toEqual(['AAAAAAAAAAI=', 3, 2]);
  });

  it('counts a patch that changes nothing as a write', async () => {
    const deviceId = await newDevice();
    await patch(deviceId, { tags: { a: 1 } });
    expect((await patch(deviceId, { tags: { a: 1 } })).etag).toBe('AAAAAAAAAAM=');
  });

  it('stamps each level that it touches, and drops the stamps of what it removes', async () => {
    const deviceId = await newDevice();
    await patchDesired(deviceId, { a: { b: 1, c: 2 }, d: [1] });
    const { desired } = (await patchDesired(deviceId, { a: { b: 5 }, d: null })).properties;
    const stamp = ($lastUpdatedVersion: number) => ({ $lastUpdated: time, $lastUpdatedVersion });
    expect(desired.$metadata).toEqual({ ...stamp(3), a: { ...stamp(3), b: stamp(3), c: stamp(2) } });
  });

  it('takes back a twin that was read, without its bookkeeping', async () => {
    const deviceId = await newDevice();
    await patchDesired(deviceId, { a: 1 });
    const { tags, properties } = await read(deviceId);
    const twin = await patch(deviceId, { tags, properties, deviceId, etag: 'other', status: 'disabled' });
    expect(values(twin.properties.desired)).toEqual({ a: 1 });
    expect([twin.properties.desired.$version, twin.properties.reported.$version, twin.status]).toEqual([
      3,
      1,
      'enabled',
    ]);
  });

  it('keeps a member named __proto__ as a member', async () => {
    const deviceId = await newDevice();
    const body = '{"tags":{"__proto__":{"a":{"b":1}}},"properties":{"desired":{"__proto__":{"x":1}}}}';
    await emulator.request({ method: 'PATCH', path: `/twins/${deviceId}`, body });
    const { text } = await emulator.request({ path: `/twins/${deviceId}` });
    expect(text).toContain('"tags":{"__proto__":{"a":{"b":1}}}');
    expect(text).toContain('"desired":{"__proto__":{"x":1},"$metadata"');
    expect(Object.hasOwn(Object.prototype, 'a')).toBe(false);
  });
});

describe('PUT', () => {
  it('leaves of tags and desired properties only what it holds, and moves all that it writes', async () => {
    const deviceId = await newDevice();
    await patch(deviceId, { tags: { a: 1, b: 1 }, properties: { desired: { c: 1, d: 1 } } });
    const twin = await replace(deviceId, { tags: { a: 2 }, properties: { desired: { c: 2 } } });
    expect([twin.tags, values(twin.properties.desired)]).toEqual([{ a: 2 }, { c: 2 }]);
    expect([twin.etag, twin.version, twin.properties.desired.$version]).toEqual(['AAAAAAAAAAM=', 4, 3]);
    expect(Object.keys(twin.properties.desired.$metadata).sort()).toEqual(['$lastUpdated', '$lastUpdatedVersion', 'c']);
  });

  it('wipes a section that it does not hold', async () => {
    const deviceId = await newDevice();
    await patch(deviceId, { tags: { a: 1 }, properties: { desired: { c: 1 } } });
    const twin = await replace(deviceId, { tags: { a: 1 } });
    expect([twin.tags, values(twin.properties.desired)]).toEqual([{ a: 1 }, {}]);
  });
});

describe('If-Match on twins', () => {
  it('lets a current etag pass and refuses a stale one, without a change', async () => {
    const deviceId = await newDevice();
    const { etag } = await read(deviceId);
    await patch(deviceId, { tags: { a: 1 } }, etag);
    await expect(patch(deviceId, { tags: { a: 2 } }, etag)).rejects.toMatchObject({
      name: 'InvalidEtagError',
      response: { statusCode: 412, headers: { 'iothub-errorcode': 'PreconditionFailed' } },
    });
    expect((await read(deviceId)).tags).toEqual({ a: 1 });
  });

  it.each(['*', '"*"', 'AAAAAAAAAAE=', '"AAAAAAAAAAE="'])('takes %s', async (etag) => {
    const path = `/twins/${await newDevice()}`;
    const request = { method: 'PATCH', path, headers: { 'if-match': etag }, body: '{"tags":{}}' };
    expect((await emulator.request(request)).status).toBe(200);
  });

  it('is not needed', async () => {
    const request = { method: 'PATCH', path: `/twins/${await newDevice()}`, body: '{"tags":{}}' };
    expect((await emulator.request(request)).status).toBe(200);
  });

  it('lets exactly one of many writers with the same etag pass', async () => {
    const deviceId = await newDevice();
    const writes = Array.from({ length: 20 }, (_, index) => patch(deviceId, { tags: { index } }, 'AAAAAAAAAAE='));
    const outcomes = await Promise.allSettled(writes);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

import { startEmulator, type TestEmulator } from './support/emulator';
import { ManualClock } from './support/manualClock';
import type { RawReply, RawRequest } from './support/rawRequest';

/**
 * What real hubs were recorded to answer: in session recordings of Azure/azure-sdk-for-net
 * (`sdk/iot/Azure.IoT.Hub.Service/tests/SessionRecords`, 2020 to 2021, api-version 2020-03-13), which the names of the
 * tests name by their file, and in issues.
 */
let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.stop());

interface Answer<T> extends Omit<RawReply, 'text'> {
  body: T;
}

async function ask<T = Record<string, unknown>>(
  method: string,
  path: string,
  { body, headers, version = '2020-03-13' }: Pick<RawRequest, 'headers'> & { body?: unknown; version?: string } = {},
): Promise<Answer<T>> {
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const request = { method, path: `${path}?api-version=${version}`, headers: headers ?? {}, ...json };
  const { text, ...reply } = await emulator.request(request);
  return { ...reply, body: text === '' ? undefined : JSON.parse(text) };
}

const emptyMatch = { 'if-match': '""' };
const create = (deviceId: string, more: object = {}) =>
  ask('PUT', `/devices/${deviceId}`, { headers: emptyMatch, body: { deviceId, ...more } });
const createModule = (deviceId: string, moduleId: string) =>
  ask('PUT', `/devices/${deviceId}/modules/${moduleId}`, { headers: emptyMatch, body: { moduleId, deviceId } });

const decoded = (etag: unknown) => Buffer.from(String(etag), 'base64').toString();
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,6}[1-9])?Z$/;
const never = '0001-01-01T00:00:00Z';

describe('identities', () => {
  it('a PUT with an empty If-Match creates a device (DevicesClient_IdentityLifecycle)', async () => {
    const { status, headers, body } = await create('lifecycle');
    expect(status).toBe(200);
    expect(headers.etag).toBe(`"${body.etag}"`);
    // Members, their order, and times that never were without their zone.
    expect(Object.entries(body)).toEqual([
      ['deviceId', 'lifecycle'],
      ['generationId', expect.stringMatching(/^\d{18}$/)],
      ['etag', expect.any(String)],
      ['connectionState', 'Disconnected'],
      ['status', 'enabled'],
      ['statusReason', null],
      ['connectionStateUpdatedTime', '0001-01-01T00:00:00'],
      ['statusUpdatedTime', '0001-01-01T00:00:00'],
      ['lastActivityTime', '0001-01-01T00:00:00'],
      ['cloudToDeviceMessageCount', 0],
      ['authentication', expect.objectContaining({ type: 'sas' })],
      ['capabilities', { iotEdge: false }],
    ]);
    expect(decoded(body.etag)).toMatch(/^\d+$/);
  });

  it('a GET tells the zone of such times, and the etag in a header (DevicesClient_IdentityLifecycle)', async () => {
    await create('read');
    const { headers, body } = await ask('GET', '/devices/read');
    expect(body).toMatchObject({
      connectionStateUpdatedTime: never,
      statusUpdatedTime: never,
      lastActivityTime: never,
    });
    expect(headers.etag).toBe(`"${body.etag}"`);
  });

  it('a change of status has its time, and moves the etag by one (DevicesClient_IdentityLifecycle)', async () => {
    const created = await create('changed');
    const body = { ...created.body, status: 'disabled' };
    const changed = await ask('PUT', '/devices/changed', { headers: { 'if-match': '*' }, body });
    expect(changed.body).toMatchObject({ status: 'disabled', statusUpdatedTime: expect.stringMatching(time) });
    expect(changed.body).toMatchObject({ connectionStateUpdatedTime: never, lastActivityTime: never });
    expect(Number(decoded(changed.body.etag))).toBe(Number(decoded(created.body.etag)) + 1);
    expect(changed.headers.etag).toBe(`"${changed.body.etag}"`);
  });

  it('a generation is the time of its making in ticks of .NET (all recordings)', async () => {
    const before = Date.now();
    const ids = [await create('ticks-1'), await create('ticks-2')].map(({ body }) => BigInt(String(body.generationId)));
    const epoch = 621_355_968_000_000_000n;
    for (const id of ids) expect(Math.abs(Number((id - epoch) / 10_000n) - before)).toBeLessThan(10_000);
    expect(ids[1] ?? 0n).toBeGreaterThan(ids[0] ?? 0n);
  });

  it('modules have their ids first, and no ETag header (ModulesClient_IdentityLifecycle)', async () => {
    await create('parent');
    const { status, headers, body } = await createModule('parent', 'm1');
    expect(status).toBe(200);
    expect(headers).not.toHaveProperty('etag');
    expect(Object.entries(body)).toEqual([
      ['moduleId', 'm1'],
      ['managedBy', null],
      ['deviceId', 'parent'],
      ['generationId', expect.stringMatching(/^\d{18}$/)],
      ['etag', expect.any(String)],
      ['connectionState', 'Disconnected'],
      ['connectionStateUpdatedTime', '0001-01-01T00:00:00'],
      ['lastActivityTime', '0001-01-01T00:00:00'],
      ['cloudToDeviceMessageCount', 0],
      ['authentication', expect.objectContaining({ type: 'sas' })],
    ]);
    const read = await ask('GET', '/devices/parent/modules/m1');
    expect(read.body).toMatchObject({ connectionStateUpdatedTime: never, lastActivityTime: never });
    expect(read.headers).not.toHaveProperty('etag');
  });

  it('another etag is told with both versions (DevicesClient_UpdateDevice_EtagDoesNotMatch)', async () => {
    const { body } = await create('etags');
    const stale = body.etag;
    await ask('PUT', '/devices/etags', { headers: { 'if-match': '*' }, body });
    const {
      status,
      headers,
      body: error,
    } = await ask('PUT', '/devices/etags', {
      headers: { 'if-match': `"${stale}"` },
      body,
    });
    const version = Number(decoded(stale));
    expect([status, headers['iothub-errorcode']]).toEqual([412, 'PreconditionFailed']);
    const requestId = String(headers['x-ms-request-id']).replaceAll('-', '');
    expect(error.Message).toBe(
      `ErrorCode:PreconditionFailed;Precondition failed: Device version did not match, existingVersion:${version + 1} newVersion:${version}`,
    );
    expect(error.ExceptionMessage).toMatch(
      new RegExp(`^Tracking ID:${requestId}-G:\\d+-TimeStamp:\\d\\d/\\d\\d/\\d{4} \\d\\d:\\d\\d:\\d\\d$`),
    );
  });

  it('a new IoT Edge device has its two modules, which never connect by themselves', async () => {
    await create('edge', { capabilities: { iotEdge: true } });
    const { body } = await ask<Record<string, unknown>[]>('GET', '/devices/edge/modules');
    expect(body).toMatchObject([
      { moduleId: '$edgeAgent', authentication: { type: 'none' } },
      { moduleId: '$edgeHub', authentication: { type: 'none' } },
    ]);
    await create('becomes-edge');
    const becomes = { deviceId: 'becomes-edge', capabilities: { iotEdge: true } };
    await ask('PUT', '/devices/becomes-edge', { headers: { 'if-match': '*' }, body: becomes });
    expect((await ask<unknown[]>('GET', '/devices/becomes-edge/modules')).body).toHaveLength(2);
  });

  it('a bulk update makes a module self-signed without a thumbprint (ModulesClient_BulkUpdate)', async () => {
    await create('bulk-updated');
    const { body: before } = await createModule('bulk-updated', 'm');
    const items = [{ id: 'bulk-updated', moduleId: 'm', importMode: 'update', authentication: { type: 'selfSigned' } }];
    expect((await ask('POST', '/devices', { body: items })).body).toMatchObject({ isSuccessful: true });
    const { body } = await ask('GET', '/devices/bulk-updated/modules/m');
    const x509Thumbprint = { primaryThumbprint: null, secondaryThumbprint: null };
    expect(body).toMatchObject({ authentication: { type: 'selfSigned', x509Thumbprint } });
    expect(Number(decoded(body.etag))).toBe(Number(decoded(before.etag)) + 1);
  });

  it('a bulk deletion by etag that names none deletes (Jobs_Export_Import_Lifecycle)', async () => {
    await create('bulk-deleted');
    const items = [{ id: 'bulk-deleted', importMode: 'deleteIfMatchETag' }];
    const { status, body } = await ask('POST', '/devices', { body: items });
    expect([status, body]).toEqual([200, { isSuccessful: true, errors: [], warnings: [] }]);
    expect((await ask('GET', '/devices/bulk-deleted')).status).toBe(404);
  });
});

describe('twins', () => {
  interface Twin {
    tags?: object;
    version: number;
    properties: Record<'desired' | 'reported', { $metadata: Record<string, unknown>; $version: number }>;
  }
  const twinOf = (path: string) => ask<Twin>('GET', `/twins/${path}`);

  it('a new one has one time for all of it, and no ETag header (DevicesClient_DeviceTwinLifecycle)', async () => {
    await create('twin');
    const { headers, body } = await twinOf('twin');
    expect(headers).not.toHaveProperty('etag');
    expect(Object.keys(body)).toEqual([
      ...['deviceId', 'etag', 'deviceEtag', 'status', 'statusUpdateTime', 'connectionState', 'lastActivityTime'],
      ...['cloudToDeviceMessageCount', 'authenticationType', 'x509Thumbprint', 'version', 'properties', 'capabilities'],
    ]);
    const $lastUpdated = expect.stringMatching(time);
    const { desired, reported } = body.properties;
    expect(desired).toEqual({ $metadata: { $lastUpdated }, $version: 1 });
    expect(reported).toEqual(desired);
  });

  it('has tags before properties', async () => {
    await create('tagged');
    const body = { tags: { a: 1 } };
    const patched = await ask('PATCH', '/twins/tagged', { body, headers: { 'if-match': '*' } });
    expect(Object.keys(patched.body).slice(-4)).toEqual(['version', 'tags', 'properties', 'capabilities']);
    expect(patched.headers).not.toHaveProperty('etag');
  });

  it('of a module tells no time before it is written (ModulesClient_DeviceTwinLifecycle)', async () => {
    await create('with-module');
    await createModule('with-module', 'm');
    const { headers, body } = await twinOf('with-module/modules/m');
    expect(headers).not.toHaveProperty('etag');
    expect(Object.keys(body).slice(0, 3)).toEqual(['deviceId', 'moduleId', 'etag']);
    expect(body).not.toHaveProperty('capabilities');
    const untold = { $metadata: { $lastUpdated: never }, $version: 1 };
    expect(body.properties).toEqual({ desired: untold, reported: untold });
    const write = { properties: { desired: { username: 'userA' } } };
    const written = await ask<Twin>('PATCH', '/twins/with-module/modules/m', { body: write });
    expect(written.body.properties.reported).toEqual(untold);
    expect(written.body.properties.desired.$metadata).toMatchObject({
      $lastUpdated: expect.stringMatching(time),
      $lastUpdatedVersion: 2,
      username: { $lastUpdatedVersion: 2 },
    });
  });

  it('a bulk creation with desired properties is no write (DevicesClient_BulkCreation_DeviceWithTwin)', async () => {
    const item = { id: 'bulk', importMode: 'create', status: 'enabled', properties: { desired: { user: 'userA' } } };
    expect((await ask('POST', '/devices', { body: [item] })).body).toMatchObject({ isSuccessful: true });
    const { body } = await twinOf('bulk');
    expect(body).toMatchObject({ etag: 'AAAAAAAAAAE=', version: 2 });
    expect(body).not.toHaveProperty('tags');
    const stamp = { $lastUpdated: never, $lastUpdatedVersion: 1 };
    expect(body.properties).toEqual({
      desired: { user: 'userA', $metadata: { ...stamp, user: stamp }, $version: 1 },
      reported: { $metadata: { $lastUpdated: expect.stringMatching(time) }, $version: 1 },
    });
  });

  it('a bulk creation with tags alone leaves desired properties as they are', async () => {
    const item = { id: 'bulk-tags', importMode: 'create', tags: { site: 1 } };
    await ask('POST', '/devices', { body: [item] });
    const { body } = await twinOf('bulk-tags');
    expect(body).toMatchObject({ etag: 'AAAAAAAAAAE=', version: 2, tags: { site: 1 } });
    expect(body.properties.desired).toEqual({ $metadata: { $lastUpdated: expect.stringMatching(time) }, $version: 1 });
  });

  it('of a bulk-created module has a version in both its sections (ModulesClient_BulkCreation_ModuleWithTwin)', async () => {
    await create('bulk-parent');
    const item = { id: 'bulk-parent', moduleId: 'm', importMode: 'create', properties: { desired: { user: 'userA' } } };
    await ask('POST', '/devices', { body: [item] });
    const { desired, reported } = (await twinOf('bulk-parent/modules/m')).body.properties;
    const stamp = { $lastUpdated: expect.stringMatching(time), $lastUpdatedVersion: 1 };
    expect(desired).toEqual({ user: 'userA', $metadata: { ...stamp, user: stamp }, $version: 1 });
    expect(reported).toEqual({ $metadata: stamp, $version: 1 });
    expect(reported.$metadata.$lastUpdated).toBe(desired.$metadata.$lastUpdated);
  });

  it('another etag is told with the device (ModulesClient_UpdateModuleTwin_EtagDoesNotMatch)', async () => {
    await create('stale');
    const body = { tags: { a: 1 } };
    await ask('PATCH', '/twins/stale', { body });
    const refused = await ask('PATCH', '/twins/stale', { body, headers: { 'if-match': '"AAAAAAAAAAE="' } });
    const requestId = String(refused.headers['x-ms-request-id']).replaceAll('-', '');
    expect([refused.status, refused.body.Message]).toEqual([
      412,
      "ErrorCode:PreconditionFailed;ETag mismatch for device ID 'stale'",
    ]);
    // Of twins no gateway is named.
    expect(refused.body.ExceptionMessage).toMatch(new RegExp(`^Tracking ID:${requestId}-TimeStamp:`));
  });

  it('modelId is not in answers to api-version 2020-03-13, nor in rows; later it is', async () => {
    await create('model');
    const body = { query: "SELECT * FROM devices WHERE deviceId = 'model'" };
    const rows = (version: string) => ask<object[]>('POST', '/devices/query', { body, version });
    expect((await twinOf('model')).body).not.toHaveProperty('modelId');
    expect((await rows('2020-03-13')).body[0]).not.toHaveProperty('modelId');
    const later = await ask('GET', '/twins/model', { version: '2021-04-12' });
    expect(later.body).toMatchObject({ modelId: '' });
    expect((await rows('2021-04-12')).body[0]).toMatchObject({ modelId: '' });
  });

  it('rows of devices.modules have capabilities (QueryClient_GetAllModulesTwinsWithTag)', async () => {
    await create('rows');
    await createModule('rows', 'm');
    const body = { query: "SELECT * FROM devices.modules WHERE deviceId = 'rows'" };
    const { headers, body: rows } = await ask<object[]>('POST', '/devices/query', { body });
    expect(headers['x-ms-item-type']).toBe('Twin');
    expect(rows).toMatchObject([{ moduleId: 'm', capabilities: { iotEdge: false } }]);
    expect(Object.keys(rows[0] ?? {}).at(-1)).toBe('capabilities');
  });
});

describe('methods and jobs', () => {
  const body = { methodName: 'someMethodToInvoke', responseTimeoutInSeconds: 5 };

  it('an unknown module is 404010 (end-to-end tests of azure-iot-sdk-csharp)', async () => {
    await create('caller');
    const unknown = await ask('POST', '/twins/caller/modules/none/methods', { body });
    expect([unknown.status, unknown.headers['iothub-errorcode']]).toEqual([404, 'ModuleNotFound']);
    const nobody = await ask('POST', '/twins/nobody/modules/none/methods', { body });
    expect([nobody.status, nobody.headers['iothub-errorcode']]).toEqual([404, 'DeviceNotFound']);
  });

  it('a device that is away is told inside Message, with the connect time-out (azure-iot-cli-extension#54)', async () => {
    await create('away');
    const { status, body: error } = await ask('POST', '/twins/away/methods', { body });
    const inner = JSON.parse(String(error.Message));
    expect([status, error.ExceptionMessage]).toEqual([404, '']);
    expect(Object.entries(inner)).toEqual([
      ['errorCode', 404103],
      ['trackingId', expect.stringMatching(/^[0-9a-f]{32}-TimeStamp:\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d$/)],
      ['message', 'Timed out waiting for device to connect.'],
      ['info', { timeout: '00:00:00' }],
      ['timestampUtc', expect.stringMatching(time)],
    ]);
  });

  it.each([{ etag: undefined }, { etag: 'AAAAAAAAAAE=' }])(
    'a twin update without etag * is refused: %j (azure-iot-sdk-node#44)',
    async ({ etag }) => {
      const job = { type: 'scheduleUpdateTwin', queryCondition: '*', updateTwin: { etag, tags: { a: 1 } } };
      const { status, headers, body: error } = await ask('PUT', '/jobs/v2/no-etag', { body: job });
      expect([status, headers['iothub-errorcode']]).toEqual([400, 'ArgumentInvalid']);
      expect(error.Message).toContain('Missing or invalid etag for job type ScheduleUpdateTwin');
    },
  );

  it('a twin update whose etag is null runs (azure-iot-sdk-csharp, IoTHubServiceProxyE2ETests)', async () => {
    const updateTwin = { deviceId: 'JobsSample_Device', etag: null, tags: { a: 1 } };
    const job = { type: 'scheduleUpdateTwin', queryCondition: "DeviceId IN ['JobsSample_Device']", updateTwin };
    const { status, body } = await ask('PUT', '/jobs/v2/null-etag', { body: job });
    expect([status, body.jobId]).toEqual([200, 'null-etag']);
  });
});

describe('every answer', () => {
  it('has the headers of the service (all recordings)', async () => {
    const requestId = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const usual = { vary: 'Origin', server: 'Microsoft-HTTPAPI/2.0', 'x-ms-request-id': requestId };
    expect((await create('headers')).headers).toMatchObject(usual);
    expect((await ask('GET', '/twins/nobody')).headers).toMatchObject(usual);
    const deleted = await ask('DELETE', '/devices/headers', { headers: { 'if-match': '*' } });
    expect([deleted.status, deleted.headers['content-length']]).toEqual([204, '0']);
    expect(deleted.headers).toMatchObject(usual);
  });

  it('of a throttled write of identities calls it CRUD', async () => {
    const small = await startEmulator({ sku: 'F1', clock: new ManualClock(), burstSeconds: 0 });
    const write = () => small.request({ method: 'DELETE', path: '/devices/d', headers: { 'if-match': '*' } });
    // Some are served, some wait for a time that stands still, the others are refused.
    const replies = Array.from({ length: 100 }, write);
    const refused = await Promise.any(
      replies.map(async (reply) => ((await reply).status === 429 ? reply : Promise.reject(new Error('served')))),
    );
    await small.stop();
    await Promise.allSettled(replies);
    expect(JSON.parse(refused.text).Message).toMatch(/Operation type: CRUD$/);
  });
});

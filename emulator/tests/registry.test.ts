import type { Registry } from 'azure-iothub';
import { startEmulator, type TestEmulator } from './support/emulator';

let emulator: TestEmulator;
let registry: Registry;

beforeAll(async () => {
  emulator = await startEmulator();
  registry = emulator.registry();
});
afterAll(() => emulator.stop());

const key = (byte: number, length = 32) => Buffer.alloc(length, byte).toString('base64');
const keys = (primary: string, secondary: string) => ({
  authentication: { symmetricKey: { primaryKey: primary, secondaryKey: secondary } },
});

async function create(deviceId: string, description: object = {}) {
  return (await registry.create({ deviceId, ...description })).responseBody;
}

async function symmetricKey(deviceId: string) {
  return (await registry.get(deviceId)).responseBody.authentication?.symmetricKey;
}

describe('the identity registry under azure-iothub', () => {
  it('creates a device that can be read at once, with keys of its own', async () => {
    const created = await create('fresh');
    expect(created).toMatchObject({ deviceId: 'fresh', status: 'enabled', connectionState: 'Disconnected' });
    const { primaryKey = '', secondaryKey = '' } = created.authentication?.symmetricKey ?? {};
    expect(Buffer.from(primaryKey, 'base64')).toHaveLength(32);
    expect(primaryKey).not.toBe(secondaryKey);
    const { generationId, etag, authentication } = created;
    expect((await registry.get('fresh')).responseBody).toMatchObject({ generationId, etag, authentication });
  });

  it.each(['..', "a-:.+%_#*?!(),=@;$'", 'A'.repeat(128)])('takes the id %s', async (deviceId) => {
    expect(await create(deviceId)).toMatchObject({ deviceId });
    expect((await registry.getTwin(deviceId)).responseBody).toMatchObject({ deviceId });
    await registry.delete(deviceId);
  });

  it.each(['a b', 'ä', 'a/b', 'A'.repeat(129)])('refuses the id %s', async (deviceId) => {
    await expect(create(deviceId)).rejects.toMatchObject({ name: 'ArgumentError' });
  });

  it('tells ids apart by case', async () => {
    await create('Case');
    await expect(registry.get('case')).rejects.toMatchObject({ name: 'DeviceNotFoundError' });
  });

  it('keeps the keys that a device brings, and refuses half a pair or a short one', async () => {
    await create('own-keys', keys(key(1), key(2)));
    expect(await symmetricKey('own-keys')).toEqual({ primaryKey: key(1), secondaryKey: key(2) });
    await expect(create('half', keys(key(1), ''))).rejects.toMatchObject({ name: 'ArgumentError' });
    await expect(create('short', keys(key(1, 15), key(2, 15)))).rejects.toMatchObject({ name: 'ArgumentError' });
    await expect(create('long', keys(key(1, 65), key(2, 65)))).rejects.toMatchObject({ name: 'ArgumentError' });
  });

  it('refuses a second device of the same id and leaves the first as it was', async () => {
    const first = await create('twice');
    await expect(create('twice')).rejects.toMatchObject({ name: 'DeviceAlreadyExistsError' });
    expect(await symmetricKey('twice')).toEqual(first.authentication?.symmetricKey);
  });

  it('updates status and reason, and moves the etag of the identity but not that of the twin', async () => {
    const created = await create('updated');
    const twin = (await registry.getTwin('updated')).responseBody;
    const update = {
      deviceId: 'updated',
      status: 'disabled' as const,
      statusReason: 'stolen',
      ...keys(key(1), key(2)),
    };
    const updated = (await registry.update(update)).responseBody;
    expect(updated).toMatchObject({ status: 'disabled', statusReason: 'stolen' });
    expect(updated.etag).not.toBe(created.etag);
    const after = (await registry.getTwin('updated')).responseBody;
    expect(after).toMatchObject({ etag: twin.etag, status: 'disabled', statusReason: 'stolen' });
    expect(after).toMatchObject({ deviceEtag: updated.etag });
  });

  it('makes new keys for an update that brings none', async () => {
    await create('rotated');
    const before = await symmetricKey('rotated');
    await registry.update({ deviceId: 'rotated' });
    const after = await symmetricKey('rotated');
    expect(after?.primaryKey).toMatch(/.{40}/);
    expect(after?.primaryKey).not.toBe(before?.primaryKey);
    expect(after?.secondaryKey).not.toBe(before?.secondaryKey);
  });

  it('deletes a device with its twin', async () => {
    await create('gone');
    await registry.delete('gone');
    await expect(registry.get('gone')).rejects.toMatchObject({ name: 'DeviceNotFoundError' });
    await expect(registry.getTwin('gone')).rejects.toMatchObject({ name: 'DeviceNotFoundError' });
  });

  it('gives a device made again under its id another generation', async () => {
    const { generationId } = await create('again');
    await registry.delete('again');
    expect((await create('again')).generationId).not.toBe(generationId);
  });

  it('answers an unknown device with 404 to get, update and delete', async () => {
    for (const call of [
      () => registry.get('nobody'),
      () => registry.update({ deviceId: 'nobody' }),
      () => registry.delete('nobody'),
      () => registry.getTwin('nobody'),
      () => registry.updateTwin('nobody', { tags: {} }, '*'),
    ]) {
      await expect(call()).rejects.toMatchObject({ name: 'DeviceNotFoundError', response: { statusCode: 404 } });
    }
  });

  const thumbprint = 'AB'.repeat(20);
  it.each([
    [{ x509Thumbprint: { primaryThumbprint: thumbprint } }, 'selfSigned', thumbprint],
    [{ type: 'selfSigned', x509Thumbprint: { secondaryThumbprint: 'cd'.repeat(32) } }, 'selfSigned', null],
    [{ type: 'certificateAuthority' }, 'certificateAuthority', null],
  ])('takes the authentication %j', async (authentication, type, primaryThumbprint) => {
    const deviceId = `x509-${type}-${primaryThumbprint !== null}`;
    const created = await create(deviceId, { authentication });
    expect(created.authentication).toMatchObject({
      type,
      x509Thumbprint: { primaryThumbprint },
      symmetricKey: { primaryKey: null, secondaryKey: null },
    });
    expect((await registry.getTwin(deviceId)).responseBody).toMatchObject({
      authenticationType: type,
      x509Thumbprint: { primaryThumbprint },
    });
  });

  it.each([{ type: 'selfSigned', x509Thumbprint: { primaryThumbprint: 'short' } }, { type: 'password' }])(
    'refuses the authentication %j',
    async (authentication) => {
      await expect(create('x509', { authentication })).rejects.toMatchObject({ name: 'ArgumentError' });
      await expect(registry.get('x509')).rejects.toMatchObject({ name: 'DeviceNotFoundError' });
    },
  );

  it('gives an IoT Edge device a scope', async () => {
    expect(await create('edge', { capabilities: { iotEdge: true } })).toMatchObject({
      capabilities: { iotEdge: true },
      deviceScope: expect.stringMatching(/^ms-azure-iot-edge:\/\/edge-/),
    });
  });
});

describe('lists and statistics', () => {
  let fleet: TestEmulator;

  beforeAll(async () => {
    fleet = await startEmulator({ devices: ['one', 'two'], simulated: 3 });
    await fleet.registry().update({ deviceId: 'two', status: 'disabled' });
  });
  afterAll(() => fleet.stop());

  it('lists devices in the order of their creation', async () => {
    const devices = (await fleet.registry().list()).responseBody;
    expect(devices.map(({ deviceId }) => deviceId)).toEqual(['one', 'two', 'sim-000001', 'sim-000002', 'sim-000003']);
  });

  it.each([
    ['2', 2],
    ['0', 5],
    ['1001', 5],
    ['many', 5],
  ])('takes top=%s', async (top, count) => {
    const { text } = await fleet.request({ path: `/devices?top=${top}&api-version=2021-04-12` });
    expect(JSON.parse(text)).toHaveLength(count);
  });

  it('counts devices by status', async () => {
    const statistics = (await fleet.registry().getRegistryStatistics()).responseBody;
    expect(statistics).toEqual({ totalDeviceCount: 5, enabledDeviceCount: 4, disabledDeviceCount: 1 });
  });
});

describe('If-Match on identities', () => {
  const put = (deviceId: string, ifMatch?: string) =>
    emulator.request({
      method: 'PUT',
      path: `/devices/${deviceId}?api-version=2021-04-12`,
      headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
      body: JSON.stringify({ deviceId }),
    });
  const remove = (deviceId: string, headers: Record<string, string> = {}) =>
    emulator.request({ method: 'DELETE', path: `/devices/${deviceId}`, headers });

  it('creates without it, updates with it', async () => {
    expect((await put('if-match', '*')).status).toBe(404);
    expect((await put('if-match')).status).toBe(200);
    expect((await put('if-match')).status).toBe(409);
    expect((await put('if-match', '"*"')).status).toBe(200);
  });

  it('takes the etag quoted or not, and refuses a stale one', async () => {
    const { etag } = await create('etags');
    expect((await put('etags', `"${etag}"`)).status).toBe(200);
    const stale = await put('etags', etag);
    expect([stale.status, stale.headers['iothub-errorcode']]).toEqual([412, 'PreconditionFailed']);
    const current = (await registry.get('etags')).responseBody.etag ?? '';
    expect((await put('etags', current)).status).toBe(200);
  });

  it('is required by a deletion', async () => {
    await create('kept');
    expect((await remove('kept')).status).toBe(412);
    expect((await remove('kept', { 'if-match': '"stale"' })).status).toBe(412);
    expect((await remove('kept', { 'if-match': '*' })).status).toBe(204);
    expect((await remove('kept', { 'if-match': '*' })).status).toBe(404);
  });

  it('finds a body that names another device', async () => {
    const { status } = await emulator.request({ method: 'PUT', path: '/devices/here', body: '{"deviceId":"there"}' });
    expect(status).toBe(400);
  });
});

describe('the text of an error', () => {
  it('holds no semicolon, at which the Node service SDK would cut it', async () => {
    await create('semi;colon');
    const again = create('semi;colon');
    await expect(again).rejects.toMatchObject({
      message: expect.stringMatching(/'semi,colon' is already registered\.$/),
    });
    const query = registry.createQuery("SELECT * FROM devices WHERE deviceId = ; 'a'").next('');
    await expect(query).rejects.toMatchObject({ message: expect.stringMatching(/but "," found\.$/) });
  });
});

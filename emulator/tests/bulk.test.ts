import type { Registry } from 'azure-iothub';
import { startEmulator, type TestEmulator } from './support/emulator';

let emulator: TestEmulator;
let registry: Registry;

beforeAll(async () => {
  emulator = await startEmulator();
  registry = emulator.registry();
});
afterAll(() => emulator.stop());

const devices = (...ids: string[]) => ids.map((deviceId) => ({ deviceId }));

/** The result that a refused bulk operation carries. */
async function refused(operation: Promise<unknown>) {
  const error: { responseBody: string; response: { statusCode: number } } = await operation.then(
    () => Promise.reject(new Error('was not refused')),
    (reason) => reason,
  );
  return { status: error.response.statusCode, ...JSON.parse(error.responseBody) };
}

describe('bulk operations under azure-iothub', () => {
  it('add devices', async () => {
    const { responseBody } = await registry.addDevices(devices('a1', 'a2', 'a3'));
    expect(responseBody).toEqual({ isSuccessful: true, errors: [], warnings: [] });
    expect((await registry.get('a2')).responseBody).toMatchObject({ deviceId: 'a2', status: 'enabled' });
  });

  it('do what they can, and tell what failed', async () => {
    await registry.create({ deviceId: 'there' });
    const result = await refused(registry.addDevices(devices('new', 'there', 'b d')));
    expect(result).toMatchObject({
      status: 400,
      isSuccessful: false,
      errors: [
        { deviceId: 'there', errorCode: 'DeviceAlreadyExists' },
        { deviceId: 'b d', errorCode: 'ArgumentInvalid' },
      ],
    });
    expect((await registry.get('new')).responseBody).toMatchObject({ deviceId: 'new' });
  });

  it('update with force, or by etag', async () => {
    await registry.addDevices(devices('u1', 'u2'));
    await registry.updateDevices([{ deviceId: 'u1', status: 'disabled' }], true);
    const first = (await registry.get('u1')).responseBody;
    expect(first.status).toBe('disabled');
    const stale = [{ deviceId: 'u1', etag: 'MQ==' }, { deviceId: 'u2' }] as Parameters<Registry['updateDevices']>[0];
    expect(await refused(registry.updateDevices(stale, false))).toMatchObject({
      errors: [
        { deviceId: 'u1', errorCode: 'PreconditionFailed' },
        { deviceId: 'u2', errorCode: 'PreconditionFailed' },
      ],
    });
    const current = [{ deviceId: 'u1', etag: first.etag, status: 'enabled' }] as typeof stale;
    await registry.updateDevices(current, false);
    expect((await registry.get('u1')).responseBody.status).toBe('enabled');
  });

  it('remove with force, or by etag', async () => {
    await registry.addDevices(devices('r1', 'r2'));
    const { etag } = (await registry.get('r2')).responseBody;
    await registry.removeDevices(devices('r1'), true);
    await registry.removeDevices([{ deviceId: 'r2', etag }] as Parameters<Registry['removeDevices']>[0], false);
    for (const id of ['r1', 'r2']) {
      await expect(registry.get(id)).rejects.toMatchObject({ name: 'DeviceNotFoundError' });
    }
    expect(await refused(registry.removeDevices(devices('r1'), true))).toMatchObject({
      errors: [{ deviceId: 'r1', errorCode: 'DeviceNotFound' }],
    });
  });
});

describe('bulk operations in raw requests', () => {
  const post = async (items: unknown) => {
    const { status, text } = await emulator.request({ method: 'POST', path: '/devices', body: JSON.stringify(items) });
    return { status, body: JSON.parse(text) };
  };

  it('create with a twin, create modules, and update twins', async () => {
    const created = await post([
      { id: 'raw', importMode: 'create', tags: { site: 'a' }, properties: { desired: { rate: 1 } } },
      { id: 'raw', moduleId: 'module', importMode: 'create' },
      { id: 'raw', importMode: 'updateTwin', tags: { floor: 2 } },
    ]);
    expect(created).toMatchObject({ status: 200, body: { isSuccessful: true } });
    const twin = (await registry.getTwin('raw')).responseBody;
    expect(twin).toMatchObject({ tags: { site: 'a', floor: 2 }, properties: { desired: { rate: 1 } } });
    expect((await registry.getModule('raw', 'module')).responseBody).toMatchObject({ moduleId: 'module' });
  });

  it.each([[{}], [[]], [Array.from({ length: 101 }, (_, index) => ({ id: `many-${index}` }))]])(
    'refuse a body that is no list of 1 to 100 items, and do nothing',
    async (items) => {
      expect((await post(items)).status).toBe(400);
      await expect(registry.get('many-0')).rejects.toMatchObject({ name: 'DeviceNotFoundError' });
    },
  );

  it('refuse an import mode that there is not', async () => {
    expect(await post([{ id: 'mode', importMode: 'replace' }])).toMatchObject({
      status: 400,
      body: { errors: [{ deviceId: 'mode', errorCode: 'ArgumentInvalid' }] },
    });
  });
});

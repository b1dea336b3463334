import type { Module, Registry } from 'azure-iothub';
import { startEmulator, type TestEmulator } from './support/emulator';

let emulator: TestEmulator;
let registry: Registry;

beforeAll(async () => {
  emulator = await startEmulator();
  registry = emulator.registry();
});
afterAll(() => emulator.stop());

async function createWithModule(deviceId: string, moduleId = 'module') {
  await registry.create({ deviceId });
  return (await registry.addModule({ deviceId, moduleId })).responseBody;
}

describe('modules under azure-iothub', () => {
  it('are registered on a device, with keys and a twin of their own', async () => {
    const created = await createWithModule('device');
    expect(created).toMatchObject({ deviceId: 'device', moduleId: 'module', connectionState: 'Disconnected' });
    const device = (await registry.get('device')).responseBody;
    expect(created.authentication?.symmetricKey?.primaryKey).not.toBe(device.authentication?.symmetricKey?.primaryKey);
    const read = (await registry.getModule('device', 'module')).responseBody;
    const { generationId, etag, authentication } = created;
    expect(read).toMatchObject({ generationId, etag, authentication });
    expect((await registry.getModulesOnDevice('device')).responseBody).toEqual([read]);
    const twin = (await registry.getModuleTwin('device', 'module')).responseBody;
    expect(twin).toMatchObject({ deviceId: 'device', moduleId: 'module', version: 2 });
  });

  it('have tags and desired properties that are not the device’s', async () => {
    await createWithModule('tagged');
    const patch = { tags: { of: 'module' }, properties: { desired: { rate: 5 } } };
    const updated = (await registry.updateModuleTwin('tagged', 'module', patch, '*')).responseBody;
    expect(updated).toMatchObject({ version: 3, tags: { of: 'module' }, properties: { desired: { rate: 5 } } });
    expect((await registry.getTwin('tagged')).responseBody).toMatchObject({ version: 2 });
    await expect(registry.updateModuleTwin('tagged', 'module', patch, 'AAAAAAAAAAE=')).rejects.toMatchObject({
      name: 'InvalidEtagError',
    });
  });

  it('are updated and removed by their etag', async () => {
    const created = await createWithModule('etags');
    const updated = (await registry.updateModule({ ...created, managedBy: 'somebody' })).responseBody;
    expect(updated).toMatchObject({ managedBy: 'somebody' });
    await expect(registry.updateModule(created)).rejects.toMatchObject({ name: 'InvalidEtagError' });
    // Only its callback form takes a module with its etag.
    const remove = (module: Module) =>
      new Promise<void>((resolve, reject) =>
        registry.removeModule(module, (error) => (error ? reject(error) : resolve())),
      );
    await expect(remove(created)).rejects.toMatchObject({ name: 'InvalidEtagError' });
    await remove(updated);
    await expect(registry.getModule('etags', 'module')).rejects.toMatchObject({ response: { statusCode: 404 } });
    expect((await registry.getModulesOnDevice('etags')).responseBody).toEqual([]);
  });

  it('go with their device', async () => {
    await createWithModule('gone');
    await registry.delete('gone');
    await expect(registry.getModuleTwin('gone', 'module')).rejects.toMatchObject({ name: 'DeviceNotFoundError' });
    await registry.create({ deviceId: 'gone' });
    expect((await registry.getModulesOnDevice('gone')).responseBody).toEqual([]);
  });

  it('are refused twice, beyond fifty, under a bad id, and on a device that is not there', async () => {
    await createWithModule('full', 'module-0');
    await expect(registry.addModule({ deviceId: 'full', moduleId: 'module-0' })).rejects.toMatchObject({
      name: 'DeviceAlreadyExistsError',
    });
    for (let number = 1; number < 50; number++) {
      await registry.addModule({ deviceId: 'full', moduleId: `module-${number}` });
    }
    await expect(registry.addModule({ deviceId: 'full', moduleId: 'one-more' })).rejects.toMatchObject({
      response: { statusCode: 413, headers: { 'iothub-errorcode': 'TooManyModulesOnDevice' } },
    });
    await expect(registry.addModule({ deviceId: 'full', moduleId: 'a b' })).rejects.toMatchObject({
      name: 'ArgumentError',
    });
    // What real hubs answer here.
    await expect(registry.addModule({ deviceId: 'nobody', moduleId: 'module' })).rejects.toMatchObject({
      name: 'UnauthorizedError',
    });
  });

  it('are not taken for a device whose id reads like theirs', async () => {
    await createWithModule('slash');
    const { status } = await emulator.request({ path: '/twins/slash%2Fmodule' });
    expect(status).toBe(400);
  });
});

import { startEmulator, type TestEmulator } from './support/emulator';

/** Parents and children of IoT Edge, as `az iot hub device-identity parent` and `children` ask for them. */
let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.stop());

interface Device {
  deviceId: string;
  deviceScope?: string;
  parentScopes?: string[];
  capabilities: { iotEdge: boolean };
}

async function put(device: { deviceId: string; [member: string]: unknown }, ifMatch?: string) {
  const path = `/devices/${device.deviceId}?api-version=2021-04-12`;
  const headers: Record<string, string> = ifMatch === undefined ? {} : { 'if-match': ifMatch };
  const {
    status,
    headers: answered,
    text,
  } = await emulator.request({
    method: 'PUT',
    path,
    headers,
    body: JSON.stringify(device),
  });
  return { status, code: answered['iothub-errorcode'], body: JSON.parse(text) as Device };
}

const edge = { capabilities: { iotEdge: true } };
const refused = { status: 400, code: 'InvalidDeviceScope' };
const made = async (deviceId: string, more: object = {}) => (await put({ deviceId, ...more })).body;

test('an edge device is a scope, which the hub makes and nobody changes', async () => {
  const parent = await made('parent-1', edge);
  expect(parent).toMatchObject({
    deviceScope: expect.stringMatching(/^ms-azure-iot-edge:\/\/parent-1-\d{18}$/),
    parentScopes: [],
  });
  const other = await made('other', edge);
  expect(await put({ ...parent, deviceScope: other.deviceScope }, '*')).toMatchObject(refused);
  expect(await put({ deviceId: 'new', ...edge, deviceScope: parent.deviceScope })).toMatchObject(refused);
  expect((await put({ ...parent, status: 'disabled' }, '*')).body).toMatchObject({ deviceScope: parent.deviceScope });
  expect((await put({ deviceId: 'parent-1', ...edge }, '*')).body).toMatchObject({ deviceScope: parent.deviceScope });
});

test('an edge device has parents, which are other edge devices', async () => {
  const parent = await made('upper', edge);
  const child = await made('lower', edge);
  const { deviceScope } = parent;
  const set = await put({ ...child, parentScopes: [deviceScope] }, '*');
  expect(set.body).toMatchObject({ deviceScope: child.deviceScope, parentScopes: [deviceScope] });
  expect(await put({ ...child, parentScopes: [child.deviceScope] }, '*')).toMatchObject(refused);
  expect((await put({ ...child, parentScopes: [] }, '*')).body).toMatchObject({ parentScopes: [] });
});

test('the scope of a leaf is copied to its parents, is in its twin, and can be asked for', async () => {
  const { deviceScope } = await made('edge-of-leaf', edge);
  const leaf = await made('leaf', { deviceScope });
  expect(leaf).toMatchObject({ deviceScope, parentScopes: [deviceScope] });
  const { text } = await emulator.request({ path: '/twins/leaf?api-version=2021-04-12' });
  expect(JSON.parse(text)).toMatchObject({ deviceScope, parentScopes: [deviceScope] });
  const query = `select deviceId from devices where array_contains(parentScopes, '${deviceScope}')`;
  const { result } = await emulator.registry().createQuery(query).next('');
  expect(result).toEqual([{ deviceId: 'leaf' }]);
  // What says nothing of it leaves it; an empty one takes it away, as `az iot` does.
  expect((await put({ deviceId: 'leaf' }, '*')).body).toMatchObject({ deviceScope, parentScopes: [deviceScope] });
  const removed = (await put({ ...leaf, deviceScope: '' }, '*')).body;
  expect(removed).toMatchObject({ parentScopes: [] });
  expect(removed).not.toHaveProperty('deviceScope');
});

test('a leaf has no scopes before it is given one', async () => {
  const leaf = await made('plain');
  expect(leaf).not.toHaveProperty('deviceScope');
  expect(leaf).not.toHaveProperty('parentScopes');
});

test.each([
  ['no scope', 'somewhere'],
  ['the scope of nobody', 'ms-azure-iot-edge://nobody-123456789012345678'],
  ['an edge device of another generation', 'ms-azure-iot-edge://generations-1'],
  ['the form of a scope, but of a leaf', 'ms-azure-iot-edge://a-leaf-1'],
])('%s is refused', async (_, deviceScope) => {
  await put({ deviceId: 'generations', ...edge });
  await put({ deviceId: 'a-leaf' });
  expect(await put({ deviceId: 'refused', deviceScope })).toMatchObject(refused);
});

// Recorded by the end-to-end tests of azure-iot-sdk-csharp (`AddDevices2Async`): the scope is that of no device.
test('devices that are created together may bring any scope', async () => {
  const items = ['first', 'second'].map((id) => ({ id, importMode: 'create', deviceScope: 'somewhere' }));
  const { text } = await emulator.request({ method: 'POST', path: '/devices', body: JSON.stringify(items) });
  expect(JSON.parse(text)).toMatchObject({ isSuccessful: true });
  const { responseBody } = await emulator.registry().get('second');
  expect(responseBody).toMatchObject({ deviceScope: 'somewhere', parentScopes: ['somewhere'] });
});

test('a leaf whose parent is gone can still be written', async () => {
  const { deviceScope } = await made('passing', edge);
  const leaf = await made('orphan', { deviceScope });
  await emulator.registry().delete('passing');
  expect(await put({ ...leaf, status: 'disabled' }, '*')).toMatchObject({ status: 200, body: { deviceScope } });
});

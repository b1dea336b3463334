import type { Registry } from 'azure-iothub';
import { startEmulator, type TestEmulator } from './support/emulator';

let emulator: TestEmulator;
let registry: Registry;

beforeAll(async () => {
  emulator = await startEmulator({ devices: ['other'], simulated: 7 });
  registry = emulator.registry();
});
afterAll(() => emulator.stop());

test('a query is paged by its continuation token', async () => {
  const text = "SELECT deviceId FROM devices WHERE tags.location.plant = 'Redmond43' OR tags.location.region = 'EU'";
  const found: string[][] = [];
  let token: string | undefined;
  do {
    const { result, message } = await registry.createQuery(text, 2).next(token as string);
    found.push(result.map(({ deviceId }: { deviceId: string }) => deviceId));
    token = message.headers['x-ms-continuation'] as string | undefined;
  } while (token !== undefined);
  expect(found).toEqual([
    ['sim-000001', 'sim-000003'],
    ['sim-000005', 'sim-000007'],
  ]);
});

test('the SDK goes through all pages by itself', async () => {
  const query = registry.createQuery('SELECT * FROM devices', 3);
  const sizes: number[] = [];
  while (query.hasMoreResults) sizes.push((await query.nextAsTwin()).result.length);
  expect(sizes).toEqual([3, 3, 2]);
});

test('a count is one row', async () => {
  const { result } = await registry
    .createQuery("SELECT COUNT() AS total FROM devices WHERE tags.location.region = 'US'")
    .next();
  expect(result).toEqual([{ total: 4 }]);
});

test.each([
  ['that is not of the language', 'SELECT deviceId'],
  ['that is empty', ' '],
])('a query %s is an ArgumentError', async (_, text) => {
  await expect(registry.createQuery(text).next()).rejects.toMatchObject({ name: 'ArgumentError' });
});

test('a token of another query is an ArgumentError', async () => {
  const { message } = await registry.createQuery('SELECT * FROM devices', 1).next();
  const token = String(message.headers['x-ms-continuation']);
  const other = registry.createQuery('SELECT deviceId FROM devices', 1);
  await expect(other.next(token)).rejects.toMatchObject({ name: 'ArgumentError' });
});

test('an equality sees each change of a twin, and none of a module', async () => {
  const tagged = async (zone: string) => {
    const { result } = await registry
      .createQuery(`SELECT COUNT() AS n FROM devices WHERE tags.zone = '${zone}'`)
      .next();
    return result;
  };
  expect(await tagged('a')).toEqual([{ n: 0 }]);
  await registry.updateTwin('other', { tags: { zone: 'a' } }, '*');
  expect(await tagged('a')).toEqual([{ n: 1 }]);
  await registry.updateTwin('other', { tags: { zone: 'b' } }, '*');
  expect([await tagged('a'), await tagged('b')]).toEqual([[{ n: 0 }], [{ n: 1 }]]);
  await registry.create({ deviceId: 'brief' });
  await registry.updateTwin('brief', { tags: { zone: 'b' } }, '*');
  await registry.addModule({ deviceId: 'brief', moduleId: 'm' });
  await registry.updateModuleTwin('brief', 'm', { tags: { zone: 'b' } }, '*');
  expect(await tagged('b')).toEqual([{ n: 2 }]);
  await registry.delete('brief');
  expect(await tagged('b')).toEqual([{ n: 1 }]);
});

test('modules are a collection of their own', async () => {
  await registry.addModule({ deviceId: 'other', moduleId: 'camera' });
  const ask = (text: string) => registry.createQuery(text).next();
  const { result, message } = await ask("SELECT * FROM devices.modules WHERE deviceId = 'other'");
  expect(message.headers['x-ms-item-type']).toBe('Twin');
  expect(result).toMatchObject([{ deviceId: 'other', moduleId: 'camera' }]);
  const counts = await ask("SELECT COUNT() AS n FROM devices WHERE deviceId IN ['other', 'other/camera']");
  expect(counts.message.headers['x-ms-item-type']).toBe('Raw');
  expect(counts.result).toEqual([{ n: 1 }]);
});

test('what is not of the language is said with line and column', async () => {
  await expect(registry.createQuery('SELECT *\nFROM devices WHERE a LIKE 1').next()).rejects.toMatchObject({
    response: { statusCode: 400 },
    responseBody: expect.stringContaining('ErrorCode:ArgumentInvalid;SQL query parse failed: Line 2:22 '),
  });
});

test('a strict hub takes only the documented functions', async () => {
  const strict = await startEmulator({ strictQueries: true });
  try {
    const ask = (where: string) => strict.registry().createQuery(`SELECT * FROM devices WHERE ${where}`).next();
    await expect(ask("startswith(deviceId, 'a')")).rejects.toMatchObject({ response: { statusCode: 400 } });
    expect((await ask('is_defined(deviceId)')).result).toEqual([]);
  } finally {
    await strict.stop();
  }
});

test('jobs are asked like twins: without one there is no row', async () => {
  const { result } = await registry.createQuery('SELECT * FROM devices.jobs').next();
  expect(result).toEqual([]);
});

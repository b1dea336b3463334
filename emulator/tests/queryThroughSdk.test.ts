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

test('a query over what is not served says so', async () => {
  await expect(registry.createQuery('SELECT * FROM devices.jobs').next()).rejects.toMatchObject({
    response: { statusCode: 501 },
  });
});

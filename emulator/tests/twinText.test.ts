import * as fc from 'fast-check';
import { startEmulator, type TestEmulator } from './support/emulator';
import { MqttPeer } from './support/mqttPeer';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await startEmulator({ devices: ['d'] });
});
afterAll(() => emulator.stop());

async function read(path: string): Promise<string> {
  const { status, text } = await emulator.request({ path });
  expect(status).toBe(200);
  return text;
}

/** As a write answers it, which makes its answer of the parsed twin. */
async function written(body: object): Promise<string> {
  const path = '/twins/d?api-version=2021-04-12';
  const { text } = await emulator.request({ method: 'PATCH', path, body: JSON.stringify(body) });
  return text;
}

const name = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !/[.$# \p{C}]/u.test(text));
const value = fc.oneof(fc.integer(), fc.boolean(), fc.string(), fc.constantFrom('"$version":9', '\\"', '}', '\n', ' '));
const section = fc.dictionary(name, fc.oneof(value, fc.dictionary(name, value, { maxKeys: 3 })), { maxKeys: 4 });

test('a read answers the same bytes as the write before it, whatever stands in the twin', async () => {
  await fc.assert(
    fc.asyncProperty(section, section, async (tags, desired) => {
      const text = await written({ tags, properties: { desired } });
      fc.pre(text.includes('"etag"'));
      expect(await read('/twins/d?api-version=2021-04-12')).toBe(text);
    }),
    { numRuns: 60 },
  );
});

test('it tells of the connection, of waiting messages and of modules as a list does', async () => {
  const registry = emulator.registry();
  await registry.addModule({ deviceId: 'd', moduleId: 'm' });
  const peer = await MqttPeer.open(emulator.hub, 'd');
  for (const [path, from] of [
    ['/twins/d', 'devices'],
    ['/twins/d/modules/m', 'devices.modules'],
  ] as const) {
    const body = JSON.stringify({ query: `SELECT * FROM ${from}` });
    const listed = await emulator.request({ method: 'POST', path: '/devices/query?api-version=2021-04-12', body });
    const [row] = JSON.parse(listed.text);
    // What a query sees of a module has capabilities too.
    if (path.includes('modules')) delete row.capabilities;
    expect(await read(`${path}?api-version=2021-04-12`)).toBe(JSON.stringify(row));
  }
  await peer.leave();
});

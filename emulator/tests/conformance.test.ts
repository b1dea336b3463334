import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { Registry } from 'azure-iothub';
import { startEmulator, type TestEmulator } from './support/emulator';
import { type Exchange, type Recorder, startRecorder } from './support/recorder';
import { parseConnectionString } from './support/sas';

/**
 * What the unmodified SDK and a hub say to each other, held against what was recorded. `RECORD=1` records anew. With
 * `CONFORMANCE_HUB`, a connection string of a real hub's `iothubowner`, that hub is asked instead, and what it answers
 * alike gets today's date.
 */
const realHub = process.env.CONFORMANCE_HUB;
const isRecording = process.env.RECORD !== undefined;

/** An exchange as it is kept; `agreed` is the day on which a real hub last answered so. */
interface Kept extends Exchange {
  agreed: string | null;
}

let emulator: TestEmulator;
let recorder: Recorder;
let agent: Agent;
let registry: Registry;

beforeAll(async () => {
  emulator = await startEmulator();
  const { hub } = emulator;
  const connectionString = realHub ?? hub.connectionString().replace(/:\d+/, '');
  const { HostName: host = '' } = parseConnectionString(connectionString);
  const target = realHub ? { host, port: 443 } : { host, port: hub.ports.https, ca: hub.caCertificate };
  recorder = await startRecorder(target, emulator.stateDir);
  agent = Object.assign(new Agent({ ca: hub.caCertificate }), { defaultPort: recorder.port });
  // Whatever the host of the connection string, the recorder is dialled.
  Object.assign(agent.options, { host: 'localhost', servername: 'localhost' });
  registry = Registry.fromConnectionString(connectionString);
  Object(registry)._restApiClient.setOptions({ http: { agent } });
});
afterAll(async () => {
  agent.destroy();
  await recorder.stop();
  await emulator.stop();
});

/** Where a call fails the exchange tells how. */
async function call(promise: Promise<unknown>): Promise<void> {
  await promise.catch(() => {});
}

const device = 'conformance-device';
const moduleId = 'conformance-module';

const groups: Record<string, () => Promise<void>> = {
  async registry() {
    await call(registry.delete(device));
    await call(registry.create({ deviceId: device }));
    await call(registry.create({ deviceId: device }));
    await call(registry.get(device));
    await call(registry.get('conformance-nobody'));
    await call(registry.update({ deviceId: device, status: 'disabled', statusReason: 'tested' }));
    await call(registry.update({ deviceId: device, status: 'enabled' }));
    await call(registry.create({ deviceId: 'conformance device' }));
    await call(registry.delete('conformance-nobody'));
  },
  async modules() {
    await call(registry.addModule({ deviceId: device, moduleId }));
    await call(registry.addModule({ deviceId: device, moduleId }));
    await call(registry.getModule(device, moduleId));
    await call(registry.getModulesOnDevice(device));
    await call(registry.getModuleTwin(device, moduleId));
    await call(registry.updateModuleTwin(device, moduleId, { tags: { of: 'module' } }, '*'));
    await call(registry.getModule(device, 'conformance-none'));
    await call(registry.getModuleTwin(device, 'conformance-none'));
    await call(registry.addModule({ deviceId: 'conformance-nobody', moduleId }));
    await call(registry.removeModule(device, moduleId));
  },
  async bulk() {
    const devices = ['conformance-bulk-1', 'conformance-bulk-2'].map((deviceId) => ({ deviceId }));
    await call(registry.removeDevices(devices, true));
    await call(registry.addDevices(devices));
    await call(registry.addDevices(devices));
    await call(registry.updateDevices(devices, true));
    await call(registry.updateDevices(devices, false));
    await call(registry.removeDevices(devices, true));
  },
  async twins() {
    await call(registry.getTwin(device));
    await call(registry.updateTwin(device, { tags: { location: { plant: 'Redmond43' } } }, '*'));
    await call(registry.updateTwin(device, { properties: { desired: { rate: 5, deep: { er: true } } } }, '*'));
    await call(registry.updateTwin(device, { tags: { a: 1 }, properties: { desired: { rate: null } } }, '*'));
    await call(registry.updateTwin(device, { tags: { a: 2 } }, 'AAAAAAAAAAE='));
    await call(registry.updateTwin(device, {}, '*'));
    await call(registry.updateTwin(device, { tags: { list: [1, 'two', { three: 3 }] } }, '*'));
    await call(registry.updateTwin(device, { tags: { list: [null] } }, '*'));
    await call(registry.updateTwin(device, { tags: { 'a.b': 1 } }, '*'));
    await call(registry.updateTwin(device, { tags: { text: 'x'.repeat(4097) } }, '*'));
    await call(registry.updateTwin(device, { tags: { number: 2 ** 52 } }, '*'));
    await call(registry.updateTwin(device, { tags: null }, '*'));
    await call(registry.updateTwin(device, { properties: { desired: null } }, '*'));
    await call(registry.updateTwin('conformance-nobody', { tags: {} }, '*'));
  },
  async queries() {
    const ask = async (text: string, pageSize?: number) => {
      const query = registry.createQuery(text, pageSize);
      await call(query.next(''));
    };
    const ours = `deviceId = '${device}'`;
    await call(registry.updateTwin(device, { tags: { location: { plant: 'Redmond43' }, floor: 3 } }, '*'));
    await ask(`SELECT * FROM devices WHERE ${ours}`);
    await ask(`SELECT deviceId AS id, tags.floor AS floor FROM devices WHERE ${ours}`);
    await ask(`SELECT COUNT() AS n FROM devices WHERE ${ours}`);
    await ask(
      `SELECT tags.location.plant AS plant, COUNT() AS n FROM devices WHERE ${ours} GROUP BY tags.location.plant`,
    );
    await ask(
      `SELECT deviceId AS id FROM devices WHERE ${ours} AND tags.floor IN [2, 3] AND is_defined(tags.location)`,
    );
    await ask(`SELECT deviceId AS id FROM devices WHERE ${ours} AND tags.missing != 'x'`);
    await ask(`SELECT deviceId AS id FROM devices WHERE STARTSWITH(deviceId, 'conformance-dev')`);
    await ask('SELECT deviceId FROM nowhere');
    await ask('SELECT');
    await call(registry.delete(device));
  },
};

/** What two hubs that behave alike have in common, told without the day. */
const withoutDay = ({ request, response }: Exchange) => ({ request, response });

describe.each(Object.entries(groups))('%s', (name, converse) => {
  it('goes as recorded', async () => {
    const from = recorder.exchanges.length;
    await converse();
    const exchanges = recorder.exchanges.slice(from);
    const file = join(__dirname, '../conformance', `${name}.json`);
    const kept: Kept[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
    if (realHub || isRecording) {
      const today = new Date().toISOString().slice(0, 10);
      const updated = exchanges.map((exchange, index): Kept => {
        const before = kept[index];
        const same = before !== undefined && JSON.stringify(withoutDay(before)) === JSON.stringify(exchange);
        if (realHub) return { ...(before ?? exchange), agreed: same ? today : (before?.agreed ?? null) };
        return { ...exchange, agreed: same ? before.agreed : null };
      });
      writeFileSync(file, `${JSON.stringify(updated, null, 2)}\n`);
    }
    expect(exchanges).toEqual((isRecording ? exchanges : kept).map(withoutDay));
  });
});

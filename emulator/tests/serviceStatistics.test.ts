import { startEmulator, type TestEmulator } from './support/emulator';
import { MqttPeer } from './support/mqttPeer';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await startEmulator({ devices: ['one', 'two', 'three'] });
});
afterAll(() => emulator.stop());

async function connected(): Promise<unknown> {
  const { status, text } = await emulator.request({ path: '/statistics/service?api-version=2021-04-12' });
  expect(status).toBe(200);
  return JSON.parse(text);
}

it('service statistics count the devices that are connected', async () => {
  const { hub } = emulator;
  expect(await connected()).toEqual({ connectedDeviceCount: 0 });
  const [one] = [await MqttPeer.open(hub, 'one'), await MqttPeer.open(hub, 'two'), await MqttPeer.open(hub, 'three')];
  expect(await connected()).toEqual({ connectedDeviceCount: 3 });
  await one.leave();
  expect(await connected()).toEqual({ connectedDeviceCount: 2 });
  await emulator.registry().delete('two');
  expect(await connected()).toEqual({ connectedDeviceCount: 1 });
});

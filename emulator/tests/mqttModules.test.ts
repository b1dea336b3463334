import { once } from 'node:events';
import { Message } from 'azure-iot-device';
import type { IotHub } from 'iot-hub-emulator';
import { startEmulator, type TestEmulator } from './support/emulator';
import { readEvents } from './support/eventHubs';
import { openService, sendTo } from './support/hubLinks';
import { MqttPeer, tokenOf } from './support/mqttPeer';
import { keyOf, signSas } from './support/sas';
import { desiredChanges, moduleOf, patchTo, report } from './support/sdkDevice';

const topology = {
  routes: [{ name: 'telemetry', source: 'DeviceMessages', condition: 'true', eventHub: 'telemetry' }],
  eventHubs: {
    connectionSetting: 'EventHubs',
    hubs: [{ name: 'telemetry', partitionCount: 1, retentionHours: 1, consumerGroups: [] }],
  },
};

let emulator: TestEmulator;
let hub: IotHub;

beforeAll(async () => {
  emulator = await startEmulator({ topology, devices: ['d1', 'd2'] });
  ({ hub } = emulator);
  for (const deviceId of ['d1', 'd2']) await emulator.registry().addModule({ deviceId, moduleId: 'm1' });
});
afterAll(() => emulator.stop());

const moduleTwin = async () => (await emulator.registry().getModuleTwin('d1', 'm1')).responseBody;

describe('a module under azure-iot-device', () => {
  test('has a twin of its own: reads, reports, and hears of changes', async () => {
    const module = await moduleOf(hub, 'd1/m1');
    const changes = await desiredChanges(module);
    await report(await module.getTwin(), { level: 1 });
    expect((await moduleTwin()).properties.reported).toMatchObject({ level: 1 });
    expect((await emulator.registry().getTwin('d1')).responseBody.properties.reported).not.toHaveProperty('level');
    await emulator.registry().updateModuleTwin('d1', 'm1', { properties: { desired: { rate: 5 } } }, '*');
    expect(await patchTo(2, changes)).toEqual({ rate: 5, $version: 2 });
    expect(await moduleTwin()).toMatchObject({ connectionState: 'Connected' });
    await module.close();
  });

  test('sends telemetry in its own name, from an output too', async () => {
    const module = await moduleOf(hub, 'd1/m1');
    await module.sendEvent(new Message('"plain"'));
    await module.sendOutputEvent('alarms', new Message('"alarm"'));
    await module.close();
    const where = { connectionString: hub.env.EventHubs ?? '', eventHub: 'telemetry' };
    const events = await readEvents({ ...where, count: 2 });
    expect(events.map(({ body, properties }) => ({ body, properties }))).toEqual([
      { body: 'plain', properties: {} },
      { body: 'alarm', properties: { '$.on': 'alarms' } },
    ]);
    for (const { systemProperties } of events) {
      expect(systemProperties).toMatchObject({
        'iothub-connection-device-id': 'd1',
        'iothub-connection-module-id': 'm1',
      });
    }
  });

  test('answers direct methods', async () => {
    const module = await moduleOf(hub, 'd1/m1');
    module.onMethod('reboot', (request, response) => response?.send(202, { asked: request?.payload }, () => {}));
    const call = { methodName: 'reboot', payload: { in: 5 }, connectTimeoutInSeconds: 20 };
    const { result } = await emulator.serviceClient().invokeDeviceMethod('d1', 'm1', call);
    expect(result).toEqual({ status: 202, payload: { asked: { in: 5 } } });
    await module.close();
  });

  test('and its device are connected at the same time, each by its own id', async () => {
    const device = await MqttPeer.open(hub, 'd1');
    const module = await MqttPeer.open(hub, 'd1/m1');
    for (const peer of [device, module]) {
      await peer.subscribe('$iothub/twin/res/#');
      peer.publish('$iothub/twin/GET/?$rid=1');
      await peer.receive('publish');
      peer.drop();
    }
  });
});

describe('a module is not authorized', () => {
  test.each([
    ["with its device's token", () => ({ password: Buffer.from(tokenOf(hub, 'd1')) })],
    ["with a module's token of another device", () => ({ password: Buffer.from(tokenOf(hub, 'd2/m1')) })],
    ['with the user name of its device', () => ({ username: 'localhost/d1/?api-version=2021-04-12' })],
    ['that is not registered', () => ({ clientId: 'd1/m2', username: 'localhost/d1/m2/' })],
  ])('%s', async (_, differing) => {
    const peer = await MqttPeer.connect(hub, 'd1/m1', differing());
    expect((await peer.receive('connack')).returnCode).toBe(5);
    await peer.closed;
  });

  test('where its token is for a device of which it is not', async () => {
    const resource = encodeURIComponent('localhost/devices/d1/modules/m');
    const key = keyOf(hub.deviceConnectionString('d1/m1'));
    const peer = await MqttPeer.connect(hub, 'd1/m1', { password: Buffer.from(signSas({ key, resource })) });
    expect((await peer.receive('connack')).returnCode).toBe(5);
  });
});

test.each([
  ['telemetry of its device', 'devices/d1/messages/events/'],
  ['telemetry of another module', 'devices/d1/modules/m2/messages/events/'],
])('the connection of a module ends after %s', async (_, topic) => {
  const peer = await MqttPeer.open(hub, 'd1/m1');
  peer.publish(topic, '1');
  await peer.closed;
});

test.each([
  ['all of its path, as .NET', ''],
  ['its inputs, as Node', 'inputs/'],
  ['its messages', 'messages/devicebound/'],
])('a module that subscribed to %s has messages', async (_, what) => {
  const peer = await MqttPeer.open(hub, 'd1/m1');
  expect(await peer.subscribe(`devices/d1/modules/m1/${what}#`, 1)).toBe(1);
  const service = await openService(hub);
  await sendTo(service, '/devices/d1/modules/m1/messages/deviceBound', { message_id: 'Hi Jody' });
  service.close();
  const { topic, messageId = 0 } = await peer.receive('publish');
  expect(topic).toBe(
    'devices/d1/modules/m1/messages/devicebound/%24.mid=Hi%20Jody' +
      '&%24.to=%2Fdevices%2Fd1%2Fmodules%2Fm1%2Fmessages%2FdeviceBound',
  );
  peer.send({ cmd: 'puback', messageId });
  peer.send({ cmd: 'disconnect' });
  await peer.closed;
});

test('a module may not subscribe to messages of its device', async () => {
  const peer = await MqttPeer.open(hub, 'd1/m1');
  expect(await peer.subscribe('devices/d1/messages/devicebound/#')).toBe(0x80);
  peer.drop();
});

describe('the connection of a module ends', () => {
  async function connected(deviceId: string): Promise<MqttPeer> {
    await emulator.registry().create({ deviceId });
    await emulator.registry().addModule({ deviceId, moduleId: 'm' });
    return MqttPeer.open(hub, `${deviceId}/m`);
  }

  test('when its device is disabled, and it may not come back', async () => {
    const peer = await connected('disabled');
    await emulator.registry().update({ deviceId: 'disabled', status: 'disabled' });
    await peer.closed;
    const again = await MqttPeer.connect(hub, 'disabled/m');
    expect((await again.receive('connack')).returnCode).toBe(5);
  });

  test('when its device is deleted', async () => {
    const peer = await connected('deleted');
    await emulator.registry().delete('deleted');
    await peer.closed;
  });

  test('when it is removed itself', async () => {
    const peer = await connected('removed');
    await emulator.registry().removeModule('removed', 'm');
    await peer.closed;
  });

  test('not when the keys of its device change', async () => {
    const peer = await connected('rotated');
    const device = await MqttPeer.open(hub, 'rotated');
    await emulator.registry().update({ deviceId: 'rotated' });
    await device.closed;
    peer.send({ cmd: 'pingreq' });
    await peer.receive('pingresp');
    peer.drop();
  });
});

test('a module that lost its connection is told so by the SDK', async () => {
  await emulator.registry().create({ deviceId: 'd3' });
  await emulator.registry().addModule({ deviceId: 'd3', moduleId: 'm1' });
  const module = await moduleOf(hub, 'd3/m1');
  module.setRetryPolicy({ shouldRetry: () => false, nextRetryTimeout: () => 0 });
  await desiredChanges(module);
  const disconnected = once(module, 'disconnect');
  await emulator.registry().delete('d3');
  await disconnected;
  await module.close();
});

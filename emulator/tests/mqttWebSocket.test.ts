import { once } from 'node:events';
import { Agent } from 'node:https';
import { connect } from 'node:tls';
import { Client } from 'azure-iot-device';
import { MqttWs } from 'azure-iot-device-mqtt';
import type { IotHub } from 'iot-hub-emulator';
import { generate } from 'mqtt-packet';
import { WebSocket } from 'ws';
import { startEmulator, type TestEmulator } from './support/emulator';
import { tokenOf } from './support/mqttPeer';
import { desiredChanges, patchTo, report } from './support/sdkDevice';
import { askUpgrade } from './support/upgrade';

let emulator: TestEmulator;
let hub: IotHub;

beforeAll(async () => {
  emulator = await startEmulator({ devices: ['d1', 'd2'] });
  ({ hub } = emulator);
});
afterAll(() => emulator.stop());

/** The SDK over WebSocket: it dials port 443 of the host, unless its agent knows better. */
async function overWebSocket(of: IotHub, webSocketAgent?: Agent): Promise<Client> {
  const connectionString = of.deviceConnectionString('d1').replace(/:\d+;/, ';');
  const client = Client.fromConnectionString(connectionString, MqttWs);
  await client.setOptions({ ca: of.caCertificate, ...(webSocketAgent ? { mqtt: { webSocketAgent } } : {}) });
  return client;
}

function agentTo({ ports: { https: port }, caCertificate: ca }: IotHub): Agent {
  const createConnection = () => connect({ port, host: 'localhost', ca });
  return Object.assign(new Agent(), { createConnection });
}

/** A twin's way there and back, and a method. */
async function exercise(device: Client, of: TestEmulator): Promise<void> {
  const changes = await desiredChanges(device);
  const twin = await device.getTwin();
  await report(twin, { level: 1 });
  await of.registry().updateTwin('d1', { properties: { desired: { rate: 5 } } }, '*');
  expect(await patchTo(2, changes)).toEqual({ rate: 5, $version: 2 });
  device.onDeviceMethod('go', (_, response) => response.send(200, 'gone', () => {}));
  const call = { methodName: 'go', connectTimeoutInSeconds: 20 };
  expect((await of.serviceClient().invokeDeviceMethod('d1', call)).result).toEqual({ status: 200, payload: 'gone' });
  expect((await of.registry().getTwin('d1')).responseBody).toMatchObject({ connectionState: 'Connected' });
}

test('azure-iot-device speaks MQTT over WebSocket by way of its agent', async () => {
  const device = await overWebSocket(hub, agentTo(hub));
  await exercise(device, emulator);
  await device.close();
});

test('azure-iot-device dials port 443 by itself, where the machine gives it to the emulator', async () => {
  const started = await startEmulator({ port: 443, devices: ['d1'] }).catch((error: Error) => error);
  if (started instanceof Error) {
    expect(started.message).toMatch(/^(The port is taken|This user may not listen): service API \(--port 443\)/);
    return;
  }
  const device = await overWebSocket(started.hub);
  await exercise(device, started);
  await device.close();
  await started.stop();
});

/** A WebSocket to the hub. */
async function dial() {
  const url = `wss://localhost:${hub.ports.https}/%24iothub/websocket?iothub-no-client-cert=true`;
  const socket = new WebSocket(url, ['mqtt'], { ca: hub.caCertificate });
  const closed = once(socket, 'close');
  await once(socket, 'open');
  return { socket, closed };
}

function connectPacket(clientId: string): Buffer {
  return generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    clientId,
    keepalive: 60,
    username: `localhost/${clientId}/?api-version=2021-04-12`,
    password: Buffer.from(tokenOf(hub, clientId)),
  });
}

/** A WebSocket of a device that was let in. */
async function connected(clientId: string) {
  const dialled = await dial();
  dialled.socket.send(connectPacket(clientId));
  const [bytes] = await once(dialled.socket, 'message');
  expect([...bytes]).toEqual([0x20, 2, 0, 0]);
  return dialled;
}

describe('a WebSocket', () => {
  test('may cut packets as it likes', async () => {
    const { socket } = await dial();
    for (const byte of connectPacket('d2')) socket.send(Buffer.of(byte));
    const [bytes] = await once(socket, 'message');
    expect([...bytes]).toEqual([0x20, 2, 0, 0]);
    socket.terminate();
  });

  test('ends after text: MQTT comes in binary frames', async () => {
    const { socket, closed } = await connected('d2');
    socket.send('text');
    await closed;
  });

  test('ends with a message that no packet can be', async () => {
    const { socket, closed } = await connected('d2');
    socket.on('error', () => {});
    socket.send(Buffer.alloc(512 * 1024));
    await closed;
  });

  test('ends when its device is deleted', async () => {
    await emulator.registry().create({ deviceId: 'gone' });
    const { closed } = await connected('gone');
    await emulator.registry().delete('gone');
    await closed;
  });

  test('that breaks off leaves the device disconnected', async () => {
    const { socket } = await connected('d2');
    // The SDK's type has the states of another service.
    const state = async (): Promise<string | undefined> =>
      (await emulator.registry().get('d2')).responseBody.connectionState;
    expect(await state()).toBe('Connected');
    socket.terminate();
    while ((await state()) !== 'Disconnected');
  });
});

describe('an upgrade is refused with 501', () => {
  const key = { 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', upgrade: 'websocket' };
  test.each<[string, string, Record<string, string>, string]>([
    ['to an unknown subprotocol', '/$iothub/websocket', { ...key, 'sec-websocket-protocol': 'amqp' }, 'AMQPWSB10'],
    ['without a subprotocol', '/$iothub/websocket', key, 'subprotocol mqtt'],
    ['at another path', '/mqtt', { ...key, 'sec-websocket-protocol': 'mqtt' }, 'at /$iothub/websocket'],
    ['at a broken path', '/%zz', { ...key, 'sec-websocket-protocol': 'mqtt' }, 'at /$iothub/websocket'],
    ['to another protocol', '/', { upgrade: 'h2c' }, 'nothing else'],
  ])('%s', async (_, path, headers, says) => {
    const reply = await askUpgrade(hub, path, headers);
    expect(reply).toMatch(/^HTTP\/1\.1 501 /);
    expect(reply).toContain(says);
  });
});

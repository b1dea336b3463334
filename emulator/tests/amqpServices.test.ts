import { on } from 'node:events';
import { NoRetry } from 'azure-iot-common';
import { Amqp, Client } from 'azure-iothub';
import type { IotHub } from 'iot-hub-emulator';
import { startEmulator, type TestEmulator } from './support/emulator';
import { messageOf, messagingService } from './support/messaging';
import { MqttPeer } from './support/mqttPeer';
import { overAmqp } from './support/overAmqp';
import { keyOf, signSas } from './support/sas';

let emulator: TestEmulator;
let hub: IotHub;
beforeEach(async () => {
  emulator = await startEmulator({ devices: ['d1'], cloudToDevice: { feedbackSeconds: 0 } });
  ({ hub } = emulator);
});
afterEach(() => emulator.stop());

/** What the service SDK names an error. */
const errorOf = (failing: Promise<unknown>) =>
  failing.then(
    () => 'none',
    (error: Error) => error.constructor.name,
  );

/** The receiver itself, which is an emitter; a promise of the SDK has a copy of its fields. */
const feedbackOf = (service: Client) =>
  new Promise<NodeJS.EventEmitter>((resolve, reject) => {
    service.getFeedbackReceiver((error, receiver) =>
      receiver ? resolve(receiver as unknown as NodeJS.EventEmitter) : reject(error),
    );
  });

describe('a service client', () => {
  test.each([
    ['iothubowner', 'none'],
    ['service', 'none'],
    ['registryReadWrite', 'UnauthorizedError'],
    ['device', 'UnauthorizedError'],
  ])('of the policy %s sends: %s', async (policy, expected) => {
    const service = messagingService(hub, policy);
    service.setRetryPolicy(new NoRetry());
    expect(await errorOf(service.send('d1', 'do it'))).toBe(expected);
    await service.close();
  });

  test('with a wrong key is not let in', async () => {
    const wrong = Buffer.from('wrong').toString('base64');
    const text = `HostName=localhost:${hub.ports.amqps};SharedAccessKeyName=service;SharedAccessKey=${wrong}`;
    const service = overAmqp(Client.fromConnectionString(text), { ca: hub.caCertificate });
    service.setRetryPolicy(new NoRetry());
    await expect(service.open()).rejects.toMatchObject({ amqpError: { name: 'UnauthorizedError' } });
  });

  test('with a shared access signature is let in', async () => {
    const key = keyOf(hub.connectionString('service'));
    const sas = signSas({ key, policy: 'service', resource: `localhost%3a${hub.ports.amqps}` });
    const service = overAmqp(Client.fromSharedAccessSignature(sas, Amqp), { ca: hub.caCertificate });
    await service.open();
    await service.send('d1', 'do it');
    await service.close();
  });

  test('hears by the error of the SDK what is wrong with a message', async () => {
    const service = messagingService(hub);
    service.setRetryPolicy(new NoRetry());
    expect(await errorOf(service.send('nobody', 'do it'))).toBe('DeviceNotFoundError');
    expect(await errorOf(service.send('d1', Buffer.alloc(64 * 1024 + 1)))).toBe('MessageTooLargeError');
    for (let sent = 0; sent < 50; sent++) await service.send('d1', 'do it');
    expect(await errorOf(service.send('d1', 'do it'))).toBe('DeviceMaximumQueueDepthExceededError');
    const purge = { method: 'DELETE', path: '/devices/d1/commands?api-version=2021-04-12' };
    expect(JSON.parse((await emulator.request(purge)).text)).toEqual({
      totalMessagesPurged: 50,
      deviceId: 'd1',
      moduleId: null,
    });
    expect(await errorOf(service.send('d1', 'do it'))).toBe('none');
    await service.close();
  });

  test.each([false, true])('hears what became of its messages, over WebSocket: %s', async (isOverWebSocket) => {
    const service = messagingService(hub, 'service', isOverWebSocket);
    await service.open();
    const batches = on(await feedbackOf(service), 'message');
    const peer = await MqttPeer.open(hub, 'd1');
    await service.send('d1', messageOf('do it', { messageId: 'm1', ack: 'full' } as never));
    await service.send('d1', messageOf('too late', { messageId: 'm2', ack: 'full', expiryTimeUtc: 1000 } as never));
    await peer.subscribe('devices/d1/messages/devicebound/#', 1);
    const { messageId = 0 } = await peer.receive('publish');
    peer.send({ cmd: 'puback', messageId });
    const records = [];
    while (records.length < 2) {
      const [message] = (await batches.next()).value;
      records.push(...JSON.parse(message.getData().toString()));
    }
    const { generationId } = (await emulator.registry().get('d1')).responseBody as { generationId?: string };
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const common = { deviceId: 'd1', deviceGenerationId: generationId, enqueuedTimeUtc: time };
    expect(records).toEqual([
      { ...common, originalMessageId: 'm2', statusCode: 'Expired', description: 'Expired' },
      { ...common, originalMessageId: 'm1', statusCode: 'Success', description: 'Success' },
    ]);
    peer.drop();
    await service.close();
  });

  test('listens for files, of which there are none', async () => {
    const service = messagingService(hub);
    await service.open();
    await service.getFileNotificationReceiver();
    await service.close();
  });
});

test('messages cost the quota, are throttled, and struck by faults', async () => {
  await emulator.stop();
  emulator = await startEmulator({ devices: ['d1'], sku: 'S1' });
  ({ hub } = emulator);
  const service = messagingService(hub);
  service.setRetryPolicy(new NoRetry());
  await service.send('d1', Buffer.alloc(8192));
  const admin = async (path: string, method = 'GET', body?: object) => {
    const headers = { 'content-type': 'application/json' };
    const text = body ? { body: JSON.stringify(body), headers } : {};
    return JSON.parse((await emulator.request({ method, path, ...text })).text);
  };
  expect(await admin('/admin/quota')).toMatchObject({ used: 2 });
  hub.faults.add({ operation: 'messageSend', fault: { kind: 'status', status: 503 } });
  expect(await errorOf(service.send('d1', 'do it'))).toBe('ServiceUnavailableError');
  await admin('/admin/throttling', 'PUT', { operation: 'messageSend', aheadSeconds: 200 });
  expect(await errorOf(service.send('d1', 'do it'))).toBe('ThrottlingError');
  await service.close();
});

import { Message } from 'azure-iot-common';
import type { IotHub } from 'iot-hub-emulator';
import { startEmulator, type TestEmulator } from './support/emulator';
import { readEvents } from './support/eventHubs';
import { openService, sendTo } from './support/hubLinks';
import { deviceOver, messageOf } from './support/messaging';
import { tokenOf } from './support/mqttPeer';

const topology = { eventHubs: { hubs: [] }, routes: [], builtInEndpoint: { partitionCount: 1 } };

let emulator: TestEmulator;
let hub: IotHub;
const logged: string[] = [];
beforeEach(async () => {
  emulator = await startEmulator({ devices: ['d1'], topology, log: (line) => logged.push(line) });
  ({ hub } = emulator);
});
afterEach(() => emulator.stop());

const call = (method: string, path: string, more: { headers?: Record<string, string>; body?: string | Buffer } = {}) =>
  emulator.request({
    method,
    path: `/devices/d1/messages/${path}`,
    ...more,
    headers: { authorization: tokenOf(hub, 'd1'), ...more.headers },
  });

async function events(count: number) {
  const connectionString = (hub.env.IOTHUB_EVENTS_CONNECTION_STRING ?? '').replace(/EntityPath=.*/, '');
  return readEvents({ connectionString, eventHub: 'iothub-ehub-localhost', count });
}

async function send(message: object = {}): Promise<void> {
  const connection = await openService(hub);
  expect(await sendTo(connection, '/devices/d1/messages/devicebound', message)).toBe('accepted');
  connection.close();
}

describe('azure-iot-device over Http', () => {
  test('sends an event, and a batch of them', async () => {
    const device = await deviceOver(hub, 'd1', 'Http');
    await device.sendEvent(messageOf('{"n":1}', { messageId: 'm1', contentType: 'application/json' }, { Level: 'a' }));
    await device.sendEventBatch([messageOf('2', {}, { n: '2' }), new Message('3')]);
    const [one, two, three] = await events(3);
    expect(one).toMatchObject({ body: { n: 1 }, messageId: 'm1', properties: { Level: 'a' } });
    expect(two).toMatchObject({ body: 2, properties: { n: '2' } });
    expect(three?.body).toBe(3);
    await device.close();
  });
});

describe('a device over HTTPS', () => {
  test('gets a message with its properties in headers, and completes it by its ETag', async () => {
    await send({
      message_id: 'm',
      correlation_id: 'c',
      application_properties: { 'iothub-ack': 'full', a: 'ä', 'b c': 'd' },
    });
    const { status, headers, text } = await call('GET', 'devicebound?api-version=2021-04-12');
    expect([status, text]).toEqual([200, 'do it']);
    expect(headers).toMatchObject({
      etag: expect.stringMatching(/^"[0-9a-f-]{36}"$/),
      'iothub-messageid': 'm',
      'iothub-correlationid': 'c',
      'iothub-to': '/devices/d1/messages/devicebound',
      'iothub-ack': 'full',
      'iothub-deliverycount': '1',
      'iothub-app-a': Buffer.from('ä').toString('latin1'),
    });
    expect(headers).not.toHaveProperty('iothub-app-b c');
    const lock = String(headers.etag).replaceAll('"', '');
    expect((await call('GET', 'devicebound')).status).toBe(204);
    expect((await call('DELETE', `devicebound/${lock}?api-version=2021-04-12`)).status).toBe(204);
    const late = await call('DELETE', `devicebound/${lock}`);
    expect([late.status, late.headers['iothub-errorcode']]).toEqual([412, 'DeviceMessageLockLost']);
  });

  test.each([
    ['abandons it', 'POST', '/abandon', 200],
    ['rejects it', 'DELETE', '?reject', 204],
  ])('%s', async (_, method, rest, then) => {
    await send();
    const { headers } = await call('GET', 'devicebound');
    const lock = String(headers.etag).replaceAll('"', '');
    expect((await call(method, `devicebound/${lock}${rest}`)).status).toBe(204);
    expect((await call('GET', 'devicebound')).status).toBe(then);
  });

  test('may say how long it wants the lock', async () => {
    await send();
    expect((await call('GET', 'devicebound?messageLockTimeout=1')).status).toBe(200);
    let status = 204;
    while (status === 204) ({ status } = await call('GET', 'devicebound'));
    expect(status).toBe(200);
  });

  const batch = { 'content-type': 'application/vnd.microsoft.iothub.json' };
  test.each<[string, string, string, object, number]>([
    ['without a token', 'POST', 'events', { headers: { authorization: '' } }, 401],
    ['a batch that is none', 'POST', 'events', { headers: batch, body: '{}' }, 400],
    ['a batch that is no JSON', 'POST', 'events', { headers: batch, body: '[' }, 400],
    ['an event of more than 256 KB', 'POST', 'events', { body: Buffer.alloc(256 * 1024 + 1) }, 413],
    ['a request of more than that', 'POST', 'events', { body: Buffer.alloc(600 * 1024) }, 413],
    ['what is not there', 'PUT', 'events', {}, 404],
    ['nor this', 'GET', 'devicebound/lock/abandon/more', {}, 404],
    ['a lock that is none', 'DELETE', 'devicebound/none', {}, 412],
  ])('is refused %s', async (_, method, path, more, status) => {
    expect((await call(method, path, more)).status).toBe(status);
    // It is the caller's fault, and no failure.
    expect(logged).toEqual([]);
  });

  test('is refused at the path of another, or at a broken one', async () => {
    const headers = { authorization: tokenOf(hub, 'd1') };
    const post = (path: string) => emulator.request({ method: 'POST', path, headers, body: '1' });
    expect((await post('/devices/d2/messages/events')).status).toBe(401);
    expect((await post('/devices/d1%2fm/messages/events')).status).toBe(400);
    expect((await post('/devices/%zz/messages/events')).status).toBe(400);
  });

  test('a batch in text is taken, too', async () => {
    const body = JSON.stringify([{ body: '"x"', base64Encoded: false, properties: { 'iothub-app-A': 'b' } }]);
    expect((await call('POST', 'events', { headers: batch, body })).status).toBe(204);
    expect((await events(1))[0]).toMatchObject({ body: 'x', properties: { A: 'b' } });
  });

  test('a batch may have properties that are no text, as .NET sends them', async () => {
    const properties = { 'iothub-app-A': null, 'iothub-app-B': 1, 'iothub-messageid': 'm' };
    const body = JSON.stringify([{ body: 'MQ==', properties }]);
    expect((await call('POST', 'events', { headers: batch, body })).status).toBe(204);
    expect((await events(1))[0]).toMatchObject({ body: 1, messageId: 'm', properties: { A: '', B: '1' } });
  });

  test('is struck by faults', async () => {
    hub.faults.add({ operation: 'messageReceive', fault: { kind: 'status', status: 503 } });
    expect((await call('GET', 'devicebound')).status).toBe(503);
    hub.faults.add({ operation: 'telemetry', fault: { kind: 'status', status: 403 } });
    expect((await call('POST', 'events', { body: '1' })).status).toBe(403);
    hub.faults.add({ operation: 'messageReceive', fault: { kind: 'cut' } });
    await expect(call('GET', 'devicebound')).rejects.toThrow();
  });
});

import type { Client } from 'azure-iothub';
import type { IotHub } from 'iot-hub-emulator';
import { startEmulator, type TestEmulator } from './support/emulator';
import { MqttPeer } from './support/mqttPeer';
import { keyOf, signSas } from './support/sas';
import { deviceOf } from './support/sdkDevice';

const methods = '$iothub/methods/POST/#';

let emulator: TestEmulator;
let hub: IotHub;
let service: Client;

beforeAll(async () => {
  emulator = await startEmulator({ devices: ['d1', 'd2', 'off'] });
  ({ hub } = emulator);
  service = emulator.serviceClient();
  await emulator.registry().update({ deviceId: 'off', status: 'disabled' });
});
afterAll(() => emulator.stop());

const call = (body: unknown, deviceId = 'd1') =>
  emulator.request({
    method: 'POST',
    path: `/twins/${deviceId}/methods?api-version=2021-04-12`,
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

/** A device that listens, in packets. */
async function listener(): Promise<MqttPeer> {
  const peer = await MqttPeer.open(hub, 'd1');
  await peer.subscribe(methods);
  return peer;
}

/** The next call that a device gets, and its request id. */
async function nextCall(peer: MqttPeer) {
  const { topic, payload, qos } = await peer.receive('publish');
  const [, name, requestId = ''] = /^\$iothub\/methods\/POST\/(.+)\/\?\$rid=(.+)$/.exec(topic) ?? [];
  return { name, requestId, qos, payload: payload.toString() };
}

describe('a direct method under azure-iothub and azure-iot-device', () => {
  test.each([
    ['an object', { level: 4, deep: { list: [1, 'é', null] } }],
    ['a text', 'now'],
    ['nothing', null],
    ['a number', 0],
  ])('takes %s there and back', async (_, payload) => {
    const device = await deviceOf(hub, 'd2');
    device.onDeviceMethod('echo', (request, response) => response.send(200, request.payload, () => {}));
    const params = { methodName: 'echo', payload, connectTimeoutInSeconds: 20 };
    const { result } = await service.invokeDeviceMethod('d2', params);
    expect(result).toEqual({ status: 200, payload });
    await device.close();
  });

  test('to a device that does not answer is a GatewayTimeoutError', async () => {
    const peer = await listener();
    const params = { methodName: 'ignored', responseTimeoutInSeconds: 5 };
    const calledAt = Date.now();
    await expect(service.invokeDeviceMethod('d1', params)).rejects.toMatchObject({ name: 'GatewayTimeoutError' });
    expect(Date.now() - calledAt).toBeGreaterThan(4900);
    peer.drop();
  });

  test('to an unknown device is a DeviceNotFoundError', async () => {
    await expect(service.invokeDeviceMethod('nobody', { methodName: 'm' })).rejects.toMatchObject({
      name: 'DeviceNotFoundError',
    });
  });

  test('needs the right ServiceConnect', async () => {
    const refused = emulator.serviceClient('registryReadWrite').invokeDeviceMethod('d1', { methodName: 'm' });
    await expect(refused).rejects.toMatchObject({ name: 'UnauthorizedError' });
  });
});

describe('a call in packets', () => {
  test('comes at QoS 0 with its payload, and its answer goes back', async () => {
    const peer = await listener();
    const reply = call({ methodName: 'go', payload: { to: 5 } });
    const { name, requestId, qos, payload } = await nextCall(peer);
    expect({ name, qos, payload }).toEqual({ name: 'go', qos: 0, payload: '{"to":5}' });
    peer.publish(`$iothub/methods/res/-3/?$rid=${requestId}`, '[1]', { qos: 1, messageId: 1 });
    expect(await reply).toMatchObject({ status: 200, text: '{"status":-3,"payload":[1]}' });
    peer.drop();
  });

  test('without a payload brings null, and an empty answer is null', async () => {
    const peer = await listener();
    const reply = call({ methodName: 'go' });
    const { requestId, payload } = await nextCall(peer);
    expect(payload).toBe('null');
    peer.publish(`$iothub/methods/res/200/?$rid=${requestId}`);
    expect((await reply).text).toBe('{"status":200,"payload":null}');
    peer.drop();
  });

  test('reaches who subscribed to its name alone', async () => {
    const peer = await MqttPeer.open(hub, 'd1');
    expect(await peer.subscribe('$iothub/methods/POST/go/#')).toBe(0);
    expect((await call({ methodName: 'stop' })).status).toBe(404);
    const reply = call({ methodName: 'go' });
    const { requestId } = await nextCall(peer);
    peer.publish(`$iothub/methods/res/200/?$rid=${requestId}`);
    expect((await reply).status).toBe(200);
    peer.drop();
  });

  test('is answered whatever the order', async () => {
    const peer = await listener();
    const replies = ['a', 'b'].map((methodName) => call({ methodName }));
    const calls = [await nextCall(peer), await nextCall(peer)];
    for (const { name, requestId } of calls.reverse()) {
      peer.publish(`$iothub/methods/res/200/?$rid=${requestId}`, JSON.stringify(name));
    }
    const answers = (await Promise.all(replies)).map(({ text }) => JSON.parse(text).payload);
    expect(answers).toEqual(['a', 'b']);
    peer.drop();
  });

  test('may be answered over the next connection of the device', async () => {
    const peer = await listener();
    const reply = call({ methodName: 'go' });
    const { requestId } = await nextCall(peer);
    const next = await MqttPeer.open(hub, 'd1');
    next.publish(`$iothub/methods/res/200/?$rid=${requestId}`, '"late"');
    expect((await reply).text).toContain('late');
    next.drop();
  });

  test('cannot be answered by another device, nor twice', async () => {
    const peer = await listener();
    const other = await MqttPeer.open(hub, 'd2');
    const reply = call({ methodName: 'go' });
    const { requestId } = await nextCall(peer);
    other.publish(`$iothub/methods/res/200/?$rid=${requestId}`, '"forged"', { qos: 1, messageId: 1 });
    await other.receive('puback');
    for (const text of ['"first"', '"second"']) peer.publish(`$iothub/methods/res/200/?$rid=${requestId}`, text);
    expect((await reply).text).toContain('first');
    peer.send({ cmd: 'pingreq' });
    await peer.receive('pingresp');
    peer.drop();
    other.drop();
  });

  test.each([
    ['is not JSON', '{"a":'],
    ['has more than 128 KB', JSON.stringify('x'.repeat(128 * 1024))],
  ])('whose answer %s is 502', async (_, text) => {
    const peer = await listener();
    const reply = call({ methodName: 'go' });
    const { requestId } = await nextCall(peer);
    peer.publish(`$iothub/methods/res/200/?$rid=${requestId}`, text);
    const { status, headers } = await reply;
    expect([status, headers['iothub-errorcode']]).toEqual([502, 'GenericBadGateway']);
    peer.drop();
  });

  test.each(['$iothub/methods/res/ok/?$rid=1', '$iothub/methods/res/200/', '$iothub/methods/POST/go/?$rid=1'])(
    'answered on %s ends the connection',
    async (topic) => {
      const peer = await listener();
      peer.publish(topic, '1');
      await peer.closed;
    },
  );
});

describe('a device that is not online', () => {
  test.each([
    ['is away', async () => undefined],
    ['does not listen', () => MqttPeer.open(hub, 'd1')],
  ])('because it %s is 404103 DeviceNotOnline, as the back end words it', async (_, prepare) => {
    const peer = await prepare();
    const { status, headers, text } = await call({ methodName: 'go' });
    expect([status, headers['iothub-errorcode']]).toEqual([404, 'DeviceNotOnline']);
    const { Message, ExceptionMessage } = JSON.parse(text);
    expect(ExceptionMessage).toBe('');
    expect(JSON.parse(Message)).toEqual({
      errorCode: 404103,
      trackingId: expect.any(String),
      message: 'Timed out waiting for device to connect.',
      info: { timeout: '00:00:00' },
      timestampUtc: expect.stringMatching(/Z$/),
    });
    peer?.drop();
  });

  test('is waited for within the connect time-out', async () => {
    const reply = call({ methodName: 'go', connectTimeoutInSeconds: 20 });
    const peer = await listener();
    const { requestId } = await nextCall(peer);
    peer.publish(`$iothub/methods/res/200/?$rid=${requestId}`, '"here"');
    expect((await reply).text).toContain('here');
    peer.drop();
  });

  test('is waited for no longer', async () => {
    const calledAt = Date.now();
    const { headers } = await call({ methodName: 'go', connectTimeoutInSeconds: 1 });
    expect(headers['iothub-errorcode']).toBe('DeviceNotOnline');
    expect(Date.now() - calledAt).toBeGreaterThan(990);
  });

  test('because it is disabled is not found', async () => {
    const { status, headers } = await call({ methodName: 'go', connectTimeoutInSeconds: 5 }, 'off');
    expect([status, headers['iothub-errorcode']]).toEqual([404, 'DeviceNotFound']);
  });
});

describe('a call is refused', () => {
  const go = { methodName: 'go' };
  test.each([
    ['without a body', '', 'ArgumentInvalid'],
    ['with a list', [], 'ArgumentInvalid'],
    ['with broken JSON', '{', 'DeserializationError'],
    ['without a name', { payload: 1 }, 'ArgumentNull'],
    ['with an empty name', { methodName: '' }, 'ArgumentInvalid'],
    ['with a name that is no text', { methodName: 5 }, 'ArgumentInvalid'],
    ['with a name that no topic can hold', { methodName: 'x'.repeat(70_000) }, 'ArgumentInvalid'],
    ['with a name that would be two topic levels', { methodName: 'a/b' }, 'ArgumentInvalid'],
    ['with a response time-out of 4 s', { ...go, responseTimeoutInSeconds: 4 }, 'ArgumentInvalid'],
    ['with a response time-out of 301 s', { ...go, responseTimeoutInSeconds: 301 }, 'ArgumentInvalid'],
    ['with half a second', { ...go, responseTimeoutInSeconds: 5.5 }, 'ArgumentInvalid'],
    ['with a time-out that is a text', { ...go, responseTimeoutInSeconds: '30' }, 'ArgumentInvalid'],
    ['with a connect time-out of -1 s', { ...go, connectTimeoutInSeconds: -1 }, 'ArgumentInvalid'],
    ['with a connect time-out of 301 s', { ...go, connectTimeoutInSeconds: 301 }, 'ArgumentInvalid'],
    ['with a payload of more than 128 KB', { ...go, payload: 'x'.repeat(128 * 1024 - 1) }, 'MessageTooLarge'],
  ])('%s', async (_, body, code) => {
    const { headers } = await call(body);
    expect(headers['iothub-errorcode']).toBe(code);
  });

  test('not for a payload of 128 KB, which reaches the device whole', async () => {
    const peer = await listener();
    const text = 'x'.repeat(128 * 1024 - 2);
    const reply = call({ methodName: 'go', payload: text });
    const { requestId, payload } = await nextCall(peer);
    expect(payload).toBe(JSON.stringify(text));
    peer.publish(`$iothub/methods/res/200/?$rid=${requestId}`, payload);
    expect(JSON.parse((await reply).text).payload).toBe(text);
    peer.drop();
  });

  test('for a device with a token that is not for it', async () => {
    const key = keyOf(hub.connectionString('service'));
    const authorization = signSas({ key, policy: 'service', resource: 'localhost/twins/d2' });
    const { status } = await emulator.request({
      method: 'POST',
      path: '/twins/d1/methods?api-version=2021-04-12',
      headers: { authorization },
      body: '{"methodName":"go"}',
    });
    expect(status).toBe(401);
  });
});

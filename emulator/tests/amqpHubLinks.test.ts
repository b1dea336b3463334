import { once } from 'node:events';
import type { IotHub } from 'iot-hub-emulator';
import rhea, { type Connection } from 'rhea';
import { makeCredential, thumbprintOf } from './support/certificates';
import { startEmulator, type TestEmulator } from './support/emulator';
import {
  endOf,
  next,
  openDevices,
  openHub,
  openReceiver,
  openService,
  outcomeOf,
  putToken,
  sendTo,
} from './support/hubLinks';
import { MqttPeer, tokenOf } from './support/mqttPeer';
import { keyOf, signSas } from './support/sas';

let emulator: TestEmulator;
let hub: IotHub;
const open: Connection[] = [];
beforeEach(async () => {
  emulator = await startEmulator({
    devices: ['d1', 'd2', 'a%41'],
    cloudToDevice: { lockSeconds: 1, feedbackSeconds: 0 },
  });
  ({ hub } = emulator);
});
afterEach(async () => {
  for (const connection of open.splice(0)) connection.close();
  await emulator.stop();
});

const devices = async (...ids: string[]) => {
  const connection = await openDevices(hub, ...ids);
  open.push(connection);
  return connection;
};
const service = async (policy?: string) => {
  const connection = await openService(hub, policy);
  open.push(connection);
  return connection;
};
const data = (text: string) => rhea.message.data_section(Buffer.from(text));
const uuid = (text: string) => rhea.string_to_uuid(text);

describe('a connection', () => {
  test.each([
    ['without SASL', {}],
    ['by ANONYMOUS', { username: 'anonymous' }],
    [
      'by EXTERNAL',
      {
        sasl_mechanisms: Object.assign(rhea.sasl.client_mechanisms(), {
          EXTERNAL: () => ({ start: (done: (error: undefined, response: string) => void) => done(undefined, '') }),
        }),
      },
    ],
  ])('is opened %s', async (_, options) => {
    const connection = await openHub(hub, options);
    open.push(connection);
    expect(connection.is_open()).toBe(true);
    expect(await putToken(connection, tokenOf(hub, 'd1'))).toBe(200);
  });

  test('is opened by PLAIN with a token, and not with a bad one', async () => {
    const token = signSas({ key: keyOf(hub.connectionString('service')), policy: 'service' });
    const good = await openHub(hub, { username: 'service@sas.root.localhost', password: token });
    open.push(good);
    expect(await sendTo(good, '/devices/d1/messages/devicebound')).toBe('accepted');
    const bad = await openHub(hub, { username: 'service@sas.root.localhost', password: `${token}0` });
    expect(bad.is_open()).toBe(false);
  });

  test.each([
    ['of a device', 200, () => tokenOf(hub, 'd1')],
    ['of a policy', 200, () => signSas({ key: keyOf(hub.connectionString('device')), policy: 'device' })],
    [
      'of Event Hubs',
      202,
      () =>
        signSas({
          key: Buffer.from(keyOf(hub.env.IOTHUB_EVENTS_CONNECTION_STRING ?? '')).toString('base64'),
          policy: 'RootManageSharedAccessKey',
        }),
    ],
    ['of a device that is not there', 401, () => tokenOf(hub, 'd1').replace('d1', 'd9')],
    ['that has expired', 401, () => tokenOf(hub, 'd1', -1)],
    ['of no kind', 401, () => 'SharedAccessSignature'],
    ['of nobody who is trusted', 401, () => 'Bearer eyJhbGciOiJub25lIn0.e30.x'],
  ])('puts a token %s: %d', async (_, status, token) => {
    const connection = await openHub(hub);
    open.push(connection);
    expect(await putToken(connection, token())).toBe(status);
  });

  test('carries several devices, each by its own token', async () => {
    const connection = await devices('d1', 'd2');
    for (const id of ['d1', 'd2']) {
      const sender = connection.open_sender(`amqps://localhost:5671/Devices/${id}/messages/Events`);
      expect(await outcomeOf(sender, { body: data('1') })).toBe('accepted');
    }
    expect(await endOf(connection.open_sender('/devices/a%2541/messages/events'))).toBe('amqp:unauthorized-access');
    expect(await endOf(connection.open_sender('/devices/d9/messages/events'))).toBe('amqp:unauthorized-access');
    expect(await endOf(connection.open_sender('/devices/d1/twins'))).toBe('amqp:unauthorized-access');
    expect(await endOf(connection.open_receiver('/devices/d1/messages/events'))).toBe('amqp:not-found');
    expect(await endOf(connection.open_sender('/devices/d1/messages/devicebound'))).toBe('amqp:not-found');
    expect(await endOf(connection.open_sender('/messages/devicebound'))).toBe('amqp:unauthorized-access');
  });

  test.each(['a%41', 'a%2541'])('names a device with a sign that may be encoded: %s', async (name) => {
    const connection = await devices('a%41');
    const sender = connection.open_sender(`/devices/${name}/messages/events`);
    expect(await outcomeOf(sender, { body: data('1') })).toBe('accepted');
  });

  test('a device is let in by its certificate alone', async () => {
    const shown = await makeCredential({ subject: 'CN=x' });
    const x509Thumbprint = { primaryThumbprint: await thumbprintOf(shown, 'SHA-1') };
    await emulator.registry().create({ deviceId: 'x', authentication: { x509Thumbprint } } as never);
    const connection = await openHub(hub, {}, shown);
    open.push(connection);
    expect(await outcomeOf(connection.open_sender('/devices/x/messages/events'), { body: data('1') })).toBe('accepted');
  });

  test('loses the links of the device whose token expires, and keeps those of others', async () => {
    const connection = await openHub(hub);
    open.push(connection);
    await putToken(connection, tokenOf(hub, 'd1', 2));
    await putToken(connection, tokenOf(hub, 'd2'));
    const [first, second] = ['d1', 'd2'].map((id) => connection.open_sender(`/devices/${id}/messages/events`));
    if (!first || !second) throw new Error();
    expect(await endOf(first)).toBe('amqp:unauthorized-access');
    expect(await outcomeOf(second, { body: data('1') })).toBe('accepted');
  });

  test('of a device ends when it connects at another door, and the other way round', async () => {
    const connection = await devices('d1');
    const sender = connection.open_sender('/devices/d1/messages/events');
    await outcomeOf(sender, { body: data('1') });
    const ended = endOf(sender);
    const peer = await MqttPeer.open(hub, 'd1');
    expect(await ended).toBe('amqp:link:stolen');
    expect((await emulator.registry().get('d1')).responseBody).toMatchObject({ connectionState: 'Connected' });
    await outcomeOf(connection.open_sender('/devices/d1/messages/events'), { body: data('1') });
    await peer.closed;
  });
});

describe('a message to a device', () => {
  const address = '/devices/d1/messages/devicebound';

  test.each([
    ['/devices/d1/messages/deviceBound', 'accepted'],
    ['/devices/d9/messages/devicebound', 'amqp:not-found'],
    ['/devices/d1', 'com.microsoft:argument-error'],
    ['', 'com.microsoft:argument-error'],
  ])('to %s: %s', async (to, outcome) => {
    expect(await sendTo(await service(), to)).toBe(outcome);
  });

  test('with an ack that is none is refused', async () => {
    const application_properties = { 'iothub-ack': 'perhaps' };
    expect(await sendTo(await service(), address, { application_properties })).toBe('com.microsoft:argument-error');
  });

  test('has a lock token for its tag, and says when it came', async () => {
    await sendTo(await service(), address, {
      message_id: 'm',
      application_properties: { 'iothub-ack': 'full', a: 'b' },
    });
    const { message, delivery } = await next(openReceiver(await devices('d1'), address));
    expect(delivery?.tag).toHaveLength(16);
    expect(message).toMatchObject({
      message_id: 'm',
      to: address,
      delivery_count: 0,
      application_properties: { 'iothub-ack': 'full', a: 'b' },
      message_annotations: { 'x-opt-sequence-number': expect.any(Number), 'x-opt-enqueued-time': expect.any(Date) },
    });
    expect(String(message?.body.content)).toBe('do it');
  });

  test('comes again when it is released, modified, not settled in time, or its link ends', async () => {
    await sendTo(await service(), address);
    const connection = await devices('d1');
    let receiver = openReceiver(connection, address);
    (await next(receiver)).delivery?.release();
    const modified = await next(receiver);
    expect(modified.message?.delivery_count).toBe(1);
    modified.delivery?.modified({ delivery_failed: true });
    expect((await next(receiver)).message?.delivery_count).toBe(2);
    expect((await next(receiver)).message?.delivery_count).toBe(3);
    receiver.close();
    receiver = openReceiver(connection, address);
    const last = await next(receiver);
    expect(last.message?.delivery_count).toBe(4);
    last.delivery?.accept();
  });

  test('is settled by the hub once that is durable, where the client waits for it', async () => {
    const connection = await devices('d1');
    const receiver = openReceiver(connection, address, { rcv_settle_mode: 1 });
    await sendTo(await service(), address);
    const { delivery } = await next(receiver);
    delivery?.accept();
    await once(receiver, 'settled');
    await sendTo(await service(), address);
    const late = await next(receiver);
    // Its lock is over, and it has come again.
    await next(receiver);
    late.delivery?.accept();
    const [{ delivery: settled }] = await once(receiver, 'settled');
    expect(settled.remote_state?.error?.condition).toBe('com.microsoft:message-lock-lost');
  });

  test('goes to a module on both of its addresses', async () => {
    await emulator.registry().addModule({ deviceId: 'd1', moduleId: 'm' } as never);
    const connection = await devices('d1/m');
    for (const end of ['messages/events', 'messages/devicebound']) {
      const receiver = openReceiver(connection, `/devices/d1/modules/m/${end}`);
      expect(await sendTo(await service(), '/devices/d1/modules/m/messages/deviceBound')).toBe('accepted');
      (await next(receiver)).delivery?.accept();
      receiver.close();
      await once(receiver, 'receiver_close');
    }
  });
});

describe('a twin over AMQP', () => {
  const properties = { 'com.microsoft:channel-correlation-id': 'twin:1' };

  async function twinLinks() {
    const connection = await devices('d1');
    const receiver = openReceiver(connection, '/devices/d1/twin', { properties, snd_settle_mode: 1 } as never);
    const sender = connection.open_sender({ target: '/devices/d1/twin', properties } as never);
    await once(sender, 'sendable');
    const request = async (operation: string, resource?: string, body = ' ') => {
      const message_annotations = { operation, ...(resource ? { resource } : {}) };
      sender.send({ correlation_id: operation, message_annotations, body: data(body) } as never);
      const { message } = await next(receiver);
      const text = String(message?.body.content);
      return { id: message?.correlation_id, ...message?.message_annotations, body: text && JSON.parse(text) };
    };
    return { request, receiver };
  }

  test('is read, reported and listened to, with statuses and versions', async () => {
    const { request, receiver } = await twinLinks();
    const empty = { desired: { $version: 1 }, reported: { $version: 1 } };
    expect(await request('GET')).toEqual({ id: 'GET', status: 200, body: empty });
    expect(await request('PATCH', '/properties/reported', '{"a":1}')).toEqual({
      id: 'PATCH',
      status: 200,
      version: 2,
      body: '',
    });
    expect(await request('PATCH', '/properties/reported', 'no JSON')).toMatchObject({
      status: 400,
      body: { errorCode: 400000 },
    });
    expect(await request('PATCH', '/properties/desired', '{}')).toMatchObject({ status: 400 });
    expect(await request('PUT', '/notifications/twin/properties/desired')).toMatchObject({ status: 200 });
    const told = next(receiver);
    await emulator.registry().updateTwin('d1', { properties: { desired: { rate: 5 } } }, '*');
    const { message } = await told;
    expect(message?.correlation_id).toBeUndefined();
    expect(JSON.parse(String(message?.body.content))).toEqual({ rate: 5, $version: 2 });
    expect(await request('DELETE', '/notifications/twin/properties/desired')).toMatchObject({ status: 200 });
    await emulator.registry().updateTwin('d1', { properties: { desired: { rate: 6 } } }, '*');
    expect((await request('GET')).body).toMatchObject({ desired: { rate: 6 }, reported: { a: 1 } });
  });

  test('is struck by faults', async () => {
    const { request } = await twinLinks();
    hub.faults.add({ operation: 'twinRead', fault: { kind: 'status', status: 429 } });
    expect(await request('GET')).toMatchObject({ status: 429, body: { errorCode: 429003 } });
  });
});

test('a method is called by a UUID, and answered on the paired link', async () => {
  const connection = await devices('d1');
  const properties = { 'com.microsoft:channel-correlation-id': 'methods:1' };
  const receiver = openReceiver(connection, '/devices/d1/methods/devicebound', { properties } as never);
  const sender = connection.open_sender({ target: '/devices/d1/methods/devicebound', properties } as never);
  await once(sender, 'sendable');
  const params = { methodName: 'reboot', payload: { now: true } };
  const called = emulator.serviceClient().invokeDeviceMethod('d1', params);
  const { message } = await next(receiver);
  expect(message?.application_properties).toEqual({ 'IoThub-methodname': 'reboot' });
  expect(message?.correlation_id).toHaveLength(16);
  expect(JSON.parse(String(message?.body.content))).toEqual({ now: true });
  const answer = (correlation_id: unknown, status?: number) =>
    outcomeOf(sender, {
      correlation_id,
      application_properties: status === undefined ? {} : { 'IoThub-status': rhea.types.wrap_int(status) },
      body: data('"done"'),
    } as never);
  expect(await answer(message?.correlation_id)).toBe('amqp:decode-error');
  expect(await answer(uuid('00000000-0000-4000-8000-ffffffffffff'), 200)).toBe('accepted');
  expect(await answer(message?.correlation_id, 201)).toBe('accepted');
  expect((await called).result).toEqual({ status: 201, payload: 'done' });
});

describe('telemetry over AMQP', () => {
  test('of more than 256 KB, or that cannot be read, is refused', async () => {
    const connection = await devices('d1');
    const sender = connection.open_sender('/devices/d1/messages/events');
    expect(await outcomeOf(sender, { body: data('x'.repeat(256 * 1024)) })).toBe('accepted');
    expect(await outcomeOf(sender, { body: data('x'.repeat(256 * 1024 + 1)) })).toBe('amqp:link:message-size-exceeded');
    expect(await outcomeOf(sender, { body: data('x'.repeat(3_000_000)) })).toBe('amqp:link:message-size-exceeded');
    const body = data('x'.repeat(3_000_000));
    expect(await sendTo(await service(), '/devices/d1/messages/devicebound', { body })).toBe(
      'amqp:link:message-size-exceeded',
    );
    sender.send(Buffer.from('garbage'), undefined, 0);
    const [{ delivery }] = await once(sender, 'rejected');
    expect(delivery.remote_state.error.condition).toBe('com.microsoft:argument-error');
  });
});

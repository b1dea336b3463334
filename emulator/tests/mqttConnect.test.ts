import type { IotHub } from 'iot-hub-emulator';
import { startEmulator, type TestEmulator } from './support/emulator';
import { MqttPeer, tokenOf } from './support/mqttPeer';
import { keyOf, signSas } from './support/sas';

const responses = '$iothub/twin/res/#';

let emulator: TestEmulator;
let hub: IotHub;

beforeAll(async () => {
  emulator = await startEmulator({ devices: ['d1', 'd2'] });
  ({ hub } = emulator);
});
afterAll(() => emulator.stop());

describe('the model of a user name', () => {
  const model = 'dtmi:com:example:Thermostat;1';

  test.each(['d2', 'd2/m1'])('comes into the twin of %s, its etags stay, and queries find it', async (id) => {
    const registry = emulator.registry();
    const [deviceId = '', moduleId] = id.split('/');
    if (moduleId) await registry.addModule({ deviceId, moduleId });
    const path = `/twins/${id.replace('/', '/modules/')}?api-version=2021-04-12`;
    const read = async () => JSON.parse((await emulator.request({ path })).text);
    const before = await read();
    expect(before.modelId).toBe('');
    const username = `localhost/${id}/?api-version=2021-04-12&model-id=${model}`;
    (await MqttPeer.open(hub, id, { username })).drop();
    const { modelId, etag, deviceEtag } = await read();
    expect([modelId, etag, deviceEtag]).toEqual([model, before.etag, before.deviceEtag]);
    // One that names none later does not take it away.
    (await MqttPeer.open(hub, id)).drop();
    const from = moduleId ? 'devices.modules' : 'devices';
    const { result } = await registry.createQuery(`SELECT deviceId FROM ${from} WHERE modelId = '${model}'`).next('');
    expect(result).toEqual([{ deviceId }]);
  });
});

describe('a CONNECT', () => {
  test.each([
    ['with a forged signature', () => ({ password: Buffer.from(tokenOf(hub, 'd1').replace(/sig=..../, 'sig=AAAA')) })],
    ['with an expired token', () => ({ password: Buffer.from(tokenOf(hub, 'd1', -10)) })],
    ["with another device's token", () => ({ password: Buffer.from(tokenOf(hub, 'd2')) })],
    ['with a password that is no token', () => ({ password: Buffer.from('open sesame') })],
    ['of a device that is not registered', () => ({ clientId: 'd3' })],
    ['with the user name of another device', () => ({ username: 'localhost/d2/?api-version=2021-04-12' })],
  ])('%s is not authorized', async (_, differing) => {
    const peer = await MqttPeer.connect(hub, 'd1', differing());
    expect((await peer.receive('connack')).returnCode).toBe(5);
    await peer.closed;
  });

  test.each([
    ['device', 0],
    ['service', 5],
  ])('with a token of the policy %s gets the return code %i', async (policy, returnCode) => {
    const resource = encodeURIComponent('localhost/devices/d1');
    const password = Buffer.from(signSas({ key: keyOf(hub.connectionString(policy)), policy, resource }));
    const peer = await MqttPeer.connect(hub, 'd1', { password });
    expect((await peer.receive('connack')).returnCode).toBe(returnCode);
    peer.drop();
  });

  test('with a will that is no telemetry of the device is refused', async () => {
    const will = { topic: 'devices/d2/messages/events/', payload: Buffer.from(''), qos: 0 as const, retain: false };
    const peer = await MqttPeer.connect(hub, 'd1', { will });
    await peer.closed;
  });

  test.each([
    ['3', { protocolId: 'MQIsdp' as const, protocolVersion: 3 as const }],
    ['5', { protocolVersion: 5 as const }],
  ])('of protocol level %s is refused', async (_, differing) => {
    const peer = await MqttPeer.connect(hub, 'd1', differing);
    expect((await peer.receive('connack')).returnCode).toBe(1);
    await peer.closed;
  });

  const version = '?api-version=2021-04-12';
  test.each([
    ['as the Node SDK sends it', `localhost:8883/d1/${version}&DeviceClientType=azure-iot-device%2F1.18.4`],
    ['with the model of a plug-and-play device', `localhost/d1/${version}&model-id=dtmi:contoso:thermostat;1`],
    ['of another host', `hub.azure-devices.net/d1/${version}`],
    ['of a preview', 'localhost/d1/?api-version=2020-09-30-preview'],
    ['without an api-version', 'localhost/d1/?DeviceClientType=x'],
    ['without a query', 'localhost/d1/'],
    ['without a slash at its end', 'localhost/d1'],
  ])('with a user name %s is let in', async (_, username) => {
    (await MqttPeer.open(hub, 'd1', { username })).drop();
  });

  test.each([
    ['of a module', `localhost/d1/m1/${version}`],
    ['without a host', `d1/${version}`],
    ['of an id that begins the same', `localhost/d11/${version}`],
    ['with an api-version that is no date', 'localhost/d1/?api-version=latest'],
    ['without a question mark', 'localhost/d1/api-version=2021-04-12'],
  ])('with a user name %s is not authorized', async (_, username) => {
    const peer = await MqttPeer.connect(hub, 'd1', { username });
    expect((await peer.receive('connack')).returnCode).toBe(5);
    await peer.closed;
  });

  test('without a user name is not authorized', async () => {
    const peer = await MqttPeer.dial(hub);
    peer.send({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId: 'd1', keepalive: 0 });
    expect((await peer.receive('connack')).returnCode).toBe(5);
  });

  test.each(['', 'a/b/c', '/d1', 'd1/', 'x'.repeat(129)])('with the client id %j is rejected', async (clientId) => {
    const peer = await MqttPeer.connect(hub, 'd1', { clientId });
    expect((await peer.receive('connack')).returnCode).toBe(2);
    await peer.closed;
  });

  test('of a device whose id has every character that an id may have', async () => {
    const deviceId = "-:.+%_#*?!(),=@;$'az09AZ";
    await emulator.registry().create({ deviceId });
    const resource = encodeURIComponent(`localhost/devices/${deviceId}`);
    const key = (await emulator.registry().get(deviceId)).responseBody.authentication?.symmetricKey?.primaryKey ?? '';
    const password = Buffer.from(signSas({ key, resource }));
    const peer = await MqttPeer.connect(hub, deviceId, { password });
    expect((await peer.receive('connack')).returnCode).toBe(0);
    peer.drop();
  });

  test('that comes twice ends the connection', async () => {
    const peer = await MqttPeer.open(hub, 'd1');
    peer.connect('d1', { password: Buffer.from(tokenOf(hub, 'd1')) });
    await peer.closed;
  });

  test('must come first', async () => {
    const peer = await MqttPeer.dial(hub);
    peer.send({ cmd: 'pingreq' });
    await peer.closed;
  });

  test.each([
    ['another session', 0, 'devices/d1/messages/'],
    ['QoS 2', 2, 'devices/d1/messages/events/'],
  ] as const)('with a will that is telemetry of %s at QoS %i is refused', async (_, qos, topic) => {
    const peer = await MqttPeer.connect(hub, 'd1', { will: { topic, payload: Buffer.from(''), qos, retain: false } });
    await peer.closed;
  });

  test('takes the place of the connection that the device had', async () => {
    const first = await MqttPeer.open(hub, 'd1');
    const second = await MqttPeer.open(hub, 'd1');
    await first.closed;
    expect(await second.subscribe(responses)).toBe(0);
    second.drop();
  });

  test('finds the subscriptions of the session before, unless that was a clean one', async () => {
    const connect = async (clean: boolean) => {
      const peer = await MqttPeer.connect(hub, 'd2', { clean });
      return { peer, sessionPresent: (await peer.receive('connack')).sessionPresent };
    };
    const first = await connect(false);
    expect(first.sessionPresent).toBe(false);
    await first.peer.subscribe(responses, 1);
    first.peer.drop();
    const second = await connect(false);
    expect(second.sessionPresent).toBe(true);
    second.peer.publish('$iothub/twin/GET/?$rid=again');
    expect((await second.peer.receive('publish')).topic).toBe('$iothub/twin/res/200/?$rid=again');
    second.peer.drop();
    const clean = await connect(true);
    expect(clean.sessionPresent).toBe(false);
    clean.peer.drop();
    const last = await connect(false);
    expect(last.sessionPresent).toBe(false);
    last.peer.drop();
  });
});

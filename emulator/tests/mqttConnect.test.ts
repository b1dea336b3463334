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

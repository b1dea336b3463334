import type { IotHub } from 'iot-hub-emulator';
import { startEmulator, type TestEmulator } from './support/emulator';
import { MqttPeer } from './support/mqttPeer';

const responses = '$iothub/twin/res/#';
const desired = '$iothub/twin/PATCH/properties/desired/#';

let emulator: TestEmulator;
let hub: IotHub;

beforeAll(async () => {
  emulator = await startEmulator({ devices: ['d1'] });
  ({ hub } = emulator);
});
afterAll(() => emulator.stop());

describe('a twin request', () => {
  test('is answered with its id, and a report with the new version', async () => {
    const peer = await MqttPeer.open(hub, 'd1');
    await peer.subscribe(responses);
    peer.publish('$iothub/twin/GET/?$rid=a%20b');
    const { topic, payload } = await peer.receive('publish');
    expect(topic).toBe('$iothub/twin/res/200/?$rid=a%20b');
    const { reported } = JSON.parse(payload.toString());
    peer.publish('$iothub/twin/PATCH/properties/reported/?$rid=2', '{"level":1}');
    expect(await peer.receive('publish')).toMatchObject({
      topic: `$iothub/twin/res/204/?$rid=2&$version=${reported.$version + 1}`,
      payload: Buffer.from(''),
    });
    peer.drop();
  });

  test.each(['{"level":', '[1]', '"text"', ''])('with the malformed report %j is a bad request', async (report) => {
    const peer = await MqttPeer.open(hub, 'd1');
    await peer.subscribe(responses);
    peer.publish('$iothub/twin/PATCH/properties/reported/?$rid=3', report);
    const { topic, payload } = await peer.receive('publish');
    expect(topic).toBe('$iothub/twin/res/400/?$rid=3');
    expect(JSON.parse(payload.toString())).toEqual({
      errorCode: expect.any(Number),
      message: expect.any(String),
      trackingId: expect.any(String),
      timestampUtc: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    peer.drop();
  });

  test('with a null below an array is refused, in the order of members that a hub has', async () => {
    const peer = await MqttPeer.open(hub, 'd1');
    await peer.subscribe(responses);
    peer.publish('$iothub/twin/PATCH/properties/reported/?$rid=4', '{"list":[{"of":null}]}');
    const { topic, payload } = await peer.receive('publish');
    expect(topic).toBe('$iothub/twin/res/400/?$rid=4');
    expect(Object.entries(JSON.parse(payload.toString()))).toEqual([
      ['errorCode', 400004],
      ['trackingId', expect.stringMatching(/^[0-9a-f]{32}-TimeStamp:/)],
      ['message', expect.stringContaining('Value of Property or Tag cannot be null')],
      ['timestampUtc', expect.any(String)],
    ]);
    peer.drop();
  });

  test('that names the version it builds upon is taken while that is the last one, else 412', async () => {
    const peer = await MqttPeer.open(hub, 'd1');
    await peer.subscribe(responses);
    const report = async (version: string) => {
      peer.publish(`$iothub/twin/PATCH/properties/reported/?$rid=5&$version=${version}`, '{"based":true}');
      return (await peer.receive('publish')).topic;
    };
    peer.publish('$iothub/twin/GET/?$rid=0');
    const { $version } = JSON.parse((await peer.receive('publish')).payload.toString()).reported;
    expect(await report($version)).toBe(`$iothub/twin/res/204/?$rid=5&$version=${$version + 1}`);
    expect(await report($version)).toBe('$iothub/twin/res/412/?$rid=5');
    expect(await report($version + 2)).toBe('$iothub/twin/res/412/?$rid=5');
    expect(await report('new')).toBe('$iothub/twin/res/400/?$rid=5');
    peer.drop();
  });

  test('is not answered without a subscription', async () => {
    const peer = await MqttPeer.open(hub, 'd1');
    peer.publish('$iothub/twin/GET/?$rid=unheard');
    await peer.subscribe(responses);
    peer.publish('$iothub/twin/GET/?$rid=heard');
    expect((await peer.receive('publish')).topic).toBe('$iothub/twin/res/200/?$rid=heard');
    peer.drop();
  });
});

describe('a change of desired properties', () => {
  const change = (rate: number) => emulator.registry().updateTwin('d1', { properties: { desired: { rate } } }, '*');

  test.each([0, 1] as const)('is delivered at QoS %i, as subscribed', async (qos) => {
    const peer = await MqttPeer.open(hub, 'd1');
    await peer.subscribe(desired, qos);
    await change(1);
    expect(await peer.receive('publish')).toMatchObject({ qos });
    peer.drop();
  });

  test('is not kept for a device that is away', async () => {
    const peer = await MqttPeer.open(hub, 'd1', { clean: false });
    await peer.subscribe(responses, 1);
    await peer.subscribe(desired, 1);
    await peer.leave();
    await change(2);
    const again = await MqttPeer.open(hub, 'd1', { clean: false });
    again.publish('$iothub/twin/GET/?$rid=first');
    const { topic, payload } = await again.receive('publish');
    expect(topic).toBe('$iothub/twin/res/200/?$rid=first');
    expect(JSON.parse(payload.toString()).desired.rate).toBe(2);
    again.drop();
  });
});

import { startEmulator, type TestEmulator } from './support/emulator';
import { ManualClock } from './support/manualClock';
import { MqttPeer } from './support/mqttPeer';
import { deviceOf, report } from './support/sdkDevice';

const responses = '$iothub/twin/res/#';
const json = { 'content-type': 'application/json' };

/** From here on the hub refuses. */
const full = 150;

let emulator: TestEmulator;
let clock: ManualClock;
const lines: string[] = [];

beforeEach(async () => {
  clock = new ManualClock();
  emulator = await startEmulator({ sku: 'S1', clock, devices: ['d1', 'd2'], log: (line) => lines.push(line) });
});
afterEach(() => emulator.stop());

async function put(path: string, body: object): Promise<void> {
  const request = { method: 'PUT', path: `/admin/${path}`, headers: json, body: JSON.stringify(body) };
  expect(await emulator.request(request)).toMatchObject({ status: 200 });
}

const runAhead = (operation: string, aheadSeconds: number) => put('throttling', { operation, aheadSeconds });

async function counts(kind: string): Promise<{ served: number; delayed: number; refused: number }> {
  const { text } = await emulator.request({ path: '/admin/throttling' });
  return JSON.parse(text).find((each: { kind: string }) => each.kind === kind);
}

async function used(): Promise<number> {
  return JSON.parse((await emulator.request({ path: '/admin/quota' })).text).used;
}

async function listener(deviceId = 'd1'): Promise<MqttPeer> {
  const peer = await MqttPeer.open(emulator.hub, deviceId);
  await peer.subscribe(responses);
  return peer;
}

describe('twin requests of a device', () => {
  it.each([
    ['$iothub/twin/GET/?$rid=1', '', 'twinRead', 'TwinRead'],
    ['$iothub/twin/PATCH/properties/reported/?$rid=1', '{"level":1}', 'twinUpdate', 'TwinUpdate'],
  ])(
    '%s over the limit is answered with 429 and a body that the SDKs take for an error',
    async (topic, payload, kind, name) => {
      const peer = await listener();
      await runAhead(kind, full);
      peer.publish(topic, payload);
      const answer = await peer.receive('publish');
      expect(answer.topic).toBe('$iothub/twin/res/429/?$rid=1');
      expect(JSON.parse(answer.payload.toString())).toMatchObject({
        errorCode: 429003,
        message: expect.stringContaining(`Operation type: ${name}`),
      });
      expect(await counts(kind)).toMatchObject({ served: 0, refused: 1 });
      peer.drop();
    },
  );

  it('wait where services have used the quota, for they share it', async () => {
    const peer = await listener();
    await runAhead('twinRead', 126);
    peer.publish('$iothub/twin/GET/?$rid=1');
    while ((await counts('twinRead')).delayed === 0);
    peer.publish('$iothub/twin/PATCH/properties/reported/?$rid=2', '{}');
    expect((await peer.receive('publish')).topic).toMatch(/res\/204\/\?\$rid=2/);
    await clock.advance(1000);
    expect((await peer.receive('publish')).topic).toMatch(/res\/200\/\?\$rid=1/);
    peer.drop();
  });

  it('cost messages, and with none left are refused', async () => {
    const peer = await listener();
    peer.publish('$iothub/twin/GET/?$rid=1');
    await peer.receive('publish');
    peer.publish(
      '$iothub/twin/PATCH/properties/reported/?$rid=2',
      JSON.stringify({ text: ['x'.repeat(3000), 'y'.repeat(3000)] }),
    );
    await peer.receive('publish');
    expect(await used()).toBe(1 + 2);
    await put('quota', { used: 400_000 });
    peer.publish('$iothub/twin/GET/?$rid=3');
    expect((await peer.receive('publish')).topic).toBe('$iothub/twin/res/403/?$rid=3');
    peer.drop();
  });

  it('fail under the device SDK, which goes on', async () => {
    const client = await deviceOf(emulator.hub, 'd1');
    const twin = await client.getTwin();
    await runAhead('twinUpdate', full);
    await expect(report(twin, { level: 1 })).rejects.toThrow('The request has been throttled');
    await runAhead('twinUpdate', 0);
    await report(twin, { level: 2 });
    await client.close();
  });
});

describe('connections', () => {
  it('over the limit are told that the server is unavailable, and count no more', async () => {
    await runAhead('connection', full);
    const peer = await MqttPeer.connect(emulator.hub, 'd1');
    expect((await peer.receive('connack')).returnCode).toBe(3);
    await peer.closed;
    expect(await counts('connection')).toMatchObject({ served: 0, refused: 1 });
  });

  it('that are not authorized are told so, and count as nothing', async () => {
    await runAhead('connection', full);
    const peer = await MqttPeer.connect(emulator.hub, 'd1', { password: Buffer.from('') });
    expect((await peer.receive('connack')).returnCode).toBe(5);
    expect(await counts('connection')).toMatchObject({ served: 0, refused: 0 });
  });

  it('wait before they are let in, and what was sent on top of the CONNECT does too', async () => {
    await runAhead('connection', 126);
    const peer = await MqttPeer.connect(emulator.hub, 'd1');
    peer.send({ cmd: 'subscribe', messageId: 7, subscriptions: [{ topic: responses, qos: 0 }] });
    peer.publish('$iothub/twin/GET/?$rid=early');
    while ((await counts('connection')).delayed === 0);
    await clock.advance(1000);
    expect((await peer.receive('connack')).returnCode).toBe(0);
    await peer.receive('suback');
    expect((await peer.receive('publish')).topic).toBe('$iothub/twin/res/200/?$rid=early');
    peer.drop();
  });

  it('are not let in where the device was removed while they waited', async () => {
    await runAhead('connection', 126);
    const peer = await MqttPeer.connect(emulator.hub, 'd1');
    while ((await counts('connection')).delayed === 0);
    await emulator.registry().delete('d1');
    await clock.advance(1000);
    expect((await peer.receive('connack')).returnCode).toBe(5);
  });
});

describe('telemetry', () => {
  const topic = 'devices/d1/messages/events/';
  const send = (peer: MqttPeer, messageId: number) => peer.publish(topic, `${messageId}`, { qos: 1, messageId });

  it('over the limit waits for its acknowledgement, in turn, and is never refused', async () => {
    const peer = await listener();
    await runAhead('telemetry', full);
    for (let n = 1; n <= 20; n++) send(peer, n);
    while ((await counts('telemetry')).served < 20);
    const acknowledged: number[] = [];
    await clock.advance(4999);
    peer.publish('$iothub/twin/GET/?$rid=still');
    expect((await peer.receive('publish')).topic).toMatch(/still/);
    for (let n = 1; n <= 20; n++) {
      await clock.advance(n === 1 ? 1 : 10);
      acknowledged.push((await peer.receive('puback')).messageId ?? 0);
    }
    expect(acknowledged).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    expect(await used()).toBe(20 + 1);
    peer.drop();
  });

  it('ends the connection where no messages are left', async () => {
    const peer = await listener();
    await put('quota', { used: 400_000 });
    send(peer, 1);
    await peer.closed;
    expect(lines.at(-1)).toContain('exceeded the allocated quota');
  });
});

describe('faults', () => {
  it('of twin reads strike those of devices: status, cut, malformed, in their order', async () => {
    const { faults } = emulator.hub;
    faults.add({ operation: 'twinRead', fault: { kind: 'status', status: 500 } });
    faults.add({ operation: 'twinRead', fault: { kind: 'malformed' } });
    faults.add({ operation: 'twinRead', fault: { kind: 'cut' } });
    const peer = await listener();
    peer.publish('$iothub/twin/GET/?$rid=1');
    expect((await peer.receive('publish')).topic).toBe('$iothub/twin/res/500/?$rid=1');
    peer.publish('$iothub/twin/GET/?$rid=2');
    const { payload } = await peer.receive('publish');
    expect(() => JSON.parse(payload.toString())).toThrow(SyntaxError);
    peer.publish('$iothub/twin/GET/?$rid=3');
    await peer.closed;
  });

  it('after a report cut its connection, it was made all the same', async () => {
    emulator.hub.faults.add({ operation: 'twinUpdate', fault: { kind: 'cut', when: 'after' } });
    const peer = await listener();
    peer.publish('$iothub/twin/PATCH/properties/reported/?$rid=1', '{"level":9}');
    await peer.closed;
    const { responseBody } = await emulator.registry().getTwin('d1');
    expect(responseBody.properties?.reported).toMatchObject({ level: 9 });
  });

  it.each([
    ['status', { kind: 'status', status: 503 }, 3],
    ['status 401', { kind: 'status', status: 401 }, 5],
  ] as const)('of a connection: %s', async (_, fault, returnCode) => {
    emulator.hub.faults.add({ operation: 'connection', fault });
    const peer = await MqttPeer.connect(emulator.hub, 'd1');
    expect((await peer.receive('connack')).returnCode).toBe(returnCode);
  });

  it('that cut a connection, or telemetry, leave no answer', async () => {
    emulator.hub.faults.add({ operation: 'connection', fault: { kind: 'cut' } });
    await (await MqttPeer.connect(emulator.hub, 'd1')).closed;
    emulator.hub.faults.add({ operation: 'telemetry', fault: { kind: 'cut' } });
    const peer = await listener();
    peer.publish('devices/d1/messages/events/', 'lost', { qos: 1, messageId: 1 });
    await peer.closed;
  });

  it('of a server that is unavailable make the device SDK try again, until it is', async () => {
    emulator.hub.faults.add({ operation: 'connection', fault: { kind: 'status', status: 503 } });
    const client = await deviceOf(emulator.hub, 'd1');
    await client.open();
    await client.close();
    expect(emulator.hub.faults.list()).toEqual([]);
  });
});

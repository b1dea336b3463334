import { once } from 'node:events';
import { connect as dialTcp, type Socket } from 'node:net';
import { connect as dialTls } from 'node:tls';
import rhea, { type Session } from 'rhea';
import { limitDeliveries } from '../src/amqp/frameLimits';
import { Lobby } from '../src/wire/lobby';
import { openAuthorized } from './support/amqpClient';
import { startEmulator, type TestEmulator } from './support/emulator';
import { MqttPeer } from './support/mqttPeer';

const hubs = [{ name: 'hub', partitionCount: 1, retentionHours: 1, consumerGroups: [] }];
const topology = { routes: [], eventHubs: { connectionSetting: 'EventHubs', hubs } };

let emulator: TestEmulator;
const lines: string[] = [];

beforeAll(async () => {
  jest.useFakeTimers({
    now: Date.now(),
    doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'clearTimeout', 'performance', 'queueMicrotask'],
  });
  emulator = await startEmulator({ topology, devices: ['d1'], log: (line) => lines.push(line) });
});
afterAll(async () => {
  await emulator.stop();
  jest.useRealTimers();
});
beforeEach(() => lines.splice(0));

/** Frames of AMQP, by what their performatives are made of. */
const frame = (type: number, body: Buffer, length = 8 + body.length) => {
  const head = Buffer.from([0, 0, 0, 0, 2, type, 0, 0]);
  head.writeUInt32BE(length);
  return Buffer.concat([head, body]);
};
const performative = (code: number, ...fields: Buffer[]) => {
  const list = Buffer.concat(fields);
  const head = Buffer.from([0x00, 0x53, code, 0xd0, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(4 + list.length, 4);
  head.writeUInt32BE(fields.length, 8);
  return Buffer.concat([head, list]);
};
const text = (value: string) => Buffer.from([0xa1, value.length, ...Buffer.from(value)]);
const uint = (value: number) =>
  Buffer.from([0x70, value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff]);
const nothing = Buffer.from([0x40]);
const codes = { open: 0x10, begin: 0x11, disposition: 0x15, saslInit: 0x41 };
const amqp = Buffer.from('AMQP\0\x01\0\0');
const sasl = Buffer.from('AMQP\x03\x01\0\0');
const open = frame(0, performative(codes.open, text('stranger')));
const begin = frame(0, performative(codes.begin, nothing, uint(0), uint(100), uint(100)));

async function dialAmqp(...sent: Buffer[]): Promise<Socket> {
  const socket = dialTcp(emulator.hub.ports.amqp, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(Buffer.concat(sent));
  return socket;
}

/** Resolves when the hub has ended a connection; what it says before is not of interest. */
const ended = (socket: Socket) => new Promise((resolve) => socket.resume().once('close', resolve));

describe('a stranger at the AMQP door', () => {
  const announced = (code: number, length: number, type = 0) => frame(type, Buffer.from([0x00, 0x53, code]), length);

  it.each<[string, Buffer[], RegExp]>([
    ['a gigabyte', [amqp, announced(codes.open, 2 ** 30)], /a frame of 1073741824 bytes/],
    ['a gigabyte of SASL', [sasl, announced(codes.saslInit, 2 ** 30, 1)], /a frame of 1073741824 bytes/],
    ['a gigabyte in four bytes', [amqp, Buffer.from([0x40, 0, 0, 0])], /a frame of 1073741824 bytes/],
    ['more SASL than 512 bytes', [sasl, announced(codes.saslInit, 513, 1)], /513 bytes, where it may have 8 to 512/],
    ['more than 512 bytes before OPEN', [amqp, announced(codes.begin, 513)], /513 bytes, where it may have 8 to 512/],
    ['an OPEN of more than 8 KB', [amqp, announced(codes.open, 8193)], /8193 bytes, where it may have 8 to 8192/],
    [
      'more than was agreed on',
      [amqp, open, announced(codes.begin, 65_537)],
      /65537 bytes, where it may have 8 to 65536/,
    ],
    ['less than a frame has', [amqp, Buffer.from([0, 0, 0, 7, 2, 0, 0, 0])], /a frame of 7 bytes/],
    ['a second header', [amqp, open, amqp], /a frame of 1095586128 bytes/],
  ])('that announces %s is let go, in one line', async (_, sent, says) => {
    await ended(await dialAmqp(...sent));
    expect(lines).toEqual([expect.stringMatching(says)]);
  });

  it.each([
    [
      'an array of more empty elements than the door takes',
      [
        amqp,
        frame(
          0,
          performative(
            codes.open,
            text('x'),
            nothing,
            nothing,
            nothing,
            nothing,
            nothing,
            nothing,
            Buffer.from([0xf0, 0, 0, 0, 5, 0, 0, 4, 1, 0x40]),
          ),
        ),
      ],
    ],
    [
      'an outcome for more deliveries than there can be',
      [amqp, open, begin, frame(0, performative(codes.disposition, Buffer.from([0x41]), uint(0), uint(65_537)))],
    ],
    ['what is no performative', [amqp, frame(0, Buffer.alloc(12))]],
    ['another protocol', [Buffer.from('GET / HTTP/1.1\r\n\r\n')]],
  ])('that sends %s is let go at once, in one line', async (_, sent) => {
    await ended(await dialAmqp(...sent));
    expect(lines).toHaveLength(1);
  });

  it('that only ever sends is let go after 256 KB', async () => {
    const empty = Buffer.concat(Array(1024).fill(frame(0, Buffer.alloc(0))));
    const socket = await dialAmqp(amqp, open);
    const over = ended(socket);
    for (let sent = 0; sent <= 32 && socket.writable; sent++) await new Promise((done) => socket.write(empty, done));
    await over;
    expect(lines).toEqual([expect.stringContaining('sent more than 262144 bytes, and has not signed in')]);
  });

  it.each([
    ['nothing', []],
    ['a header', [amqp]],
    ['an OPEN', [amqp, open]],
  ])('that sends %s and no more is let go after 30 s', async (_, sent) => {
    const socket = await dialAmqp(...sent);
    const over = ended(socket);
    if (sent.length > 0) await once(socket, 'data');
    jest.advanceTimersByTime(29_000);
    expect(socket.closed).toBe(false);
    jest.advanceTimersByTime(3000);
    await over;
    expect(lines).toEqual([expect.stringContaining('it has not signed in within 30 s')]);
  });

  it('is whoever has not signed in, and nobody else', async () => {
    const connection = await openAuthorized(emulator.hub.ports.amqp, emulator.hub.env.EventHubs ?? '');
    jest.advanceTimersByTime(60_000);
    const sender = connection.open_sender('hub');
    await once(sender, 'sendable');
    for (let n = 0; n < 8; n++) sender.send({ body: 'x'.repeat(60_000) });
    await once(sender, 'accepted');
    connection.close();
    await once(connection, 'connection_close');
    expect(lines).toEqual([]);
  });
});

it('a client may say more about itself in its OPEN than 512 bytes', async () => {
  const properties = { 'user-agent': 'x'.repeat(512), platform: 'y'.repeat(128) };
  const { ports } = emulator.hub;
  const connection = rhea
    .create_container()
    .connect({ port: ports.amqp, username: 'anonymous', reconnect: false, properties });
  await once(connection, 'connection_open');
  connection.close();
});

describe('a delivery', () => {
  it('is kept as far as one frame more than it may have, over all of its transfers', () => {
    let kept = 0;
    const session = { on_transfer: ({ payload }: { payload?: Buffer }) => (kept += payload?.length ?? 0) };
    limitDeliveries(session as unknown as Session, 1024 * 1024);
    const transfer = (size: number, handle: number, more: boolean) =>
      (session.on_transfer as (frame: object) => void)({ performative: { handle, more }, payload: Buffer.alloc(size) });
    for (let n = 0; n < 200; n++) transfer(60_000, 1, true);
    expect(kept).toBeGreaterThan(1024 * 1024);
    expect(kept).toBeLessThan(1024 * 1024 + 64 * 1024);
    expect(() => {
      for (let n = 0; n < 5000; n++) transfer(1, 2, true);
    }).toThrow('a delivery of more than 4096 transfers');
    transfer(1, 1, false);
    kept = 0;
    transfer(100, 1, false);
    expect(kept).toBe(100);
  });

  it('that is far too long is refused at its end, and the next is taken', async () => {
    const connection = await openAuthorized(emulator.hub.ports.amqp, emulator.hub.env.EventHubs ?? '');
    const sender = connection.open_sender('hub');
    sender.send({ body: 'x'.repeat(8 * 1024 * 1024) });
    const [{ delivery }] = await once(sender, 'rejected');
    expect(delivery.remote_state.error.condition).toBe('amqp:link:message-size-exceeded');
    sender.send({ body: 'good' });
    await once(sender, 'accepted');
    connection.close();
  });
});

describe('a stranger at the MQTT door', () => {
  async function dial(...bytes: number[]): Promise<Socket> {
    const socket = dialTls({ port: emulator.hub.ports.mqtt, host: 'localhost', ca: emulator.hub.caCertificate });
    socket.on('error', () => {});
    await once(socket, 'secureConnect');
    socket.write(Buffer.from(bytes));
    return socket;
  }

  it.each<[string, number[], RegExp]>([
    ['256 MB', [0x10, 0xff, 0xff, 0xff, 0x7f], /a packet of 268435455 bytes, where it may have 81920/],
    ['a CONNECT longer than one is', [0x10, 0x81, 0x80, 0x05], /a packet of 81921 bytes, where it may have 81920/],
  ])('that announces %s is let go, in one line', async (_, bytes, says) => {
    await ended(await dial(...bytes));
    expect(lines).toEqual([expect.stringMatching(says)]);
  });

  it('that sends nothing is let go after 30 s', async () => {
    const socket = await dial(0x10);
    const over = ended(socket);
    // The door knows it once it has answered another one.
    await (await MqttPeer.open(emulator.hub, 'd1')).leave();
    jest.advanceTimersByTime(29_000);
    expect(socket.closed).toBe(false);
    jest.advanceTimersByTime(3000);
    await over;
    expect(lines).toEqual([expect.stringContaining('it has not signed in within 30 s')]);
  });

  it('is no device that was let in: that one may send longer packets, and still not any', async () => {
    const peer = await MqttPeer.open(emulator.hub, 'd1');
    peer.publish('devices/d1/messages/events/', 'x'.repeat(200_000), { qos: 1, messageId: 1 });
    await peer.receive('puback');
    peer.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]));
    await peer.closed;
    expect(lines).toEqual([expect.stringContaining('a packet of 268435455 bytes, where it may have 327696')]);
  });
});

describe('those who have not signed in', () => {
  const letGo: string[] = [];
  const lobby = new Lobby<string>((name, { message }) => letGo.push(`${name}: ${message}`), {
    capacity: 2,
    patienceMs: 1000,
  });
  afterEach(() => letGo.splice(0));

  it('are only so many: the oldest goes', () => {
    for (const name of ['a', 'b', 'c']) lobby.enter(name);
    expect(letGo).toEqual(['a: more than 2 connections have not signed in']);
    lobby.leave('b');
    lobby.enter('d');
    expect(letGo).toHaveLength(1);
    expect(['a', 'b', 'c', 'd'].filter((name) => lobby.has(name))).toEqual(['c', 'd']);
  });

  it('go when their time is over, each by its own', () => {
    jest.advanceTimersByTime(600);
    lobby.leave('d');
    lobby.enter('d');
    jest.advanceTimersByTime(600);
    lobby.sweep();
    expect(letGo).toEqual(['c: it has not signed in within 1 s']);
    expect(lobby.has('d')).toBe(true);
  });
});

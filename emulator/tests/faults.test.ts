import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import type { FaultInput } from 'iot-hub-emulator';
import { adminDoor } from '../src/faults/adminDoor';
import { Faults } from '../src/faults/faults';
import { isLoopback } from '../src/wire/loopback';
import { readTarget } from '../src/wire/target';
import { startEmulator, type TestEmulator } from './support/emulator';
import { ManualClock } from './support/manualClock';
import { startWebhook, type Webhook } from './support/webhook';

const json = { 'content-type': 'application/json' };

let emulator: TestEmulator;
let webhook: Webhook;
const clock = new ManualClock();
const lines: string[] = [];

beforeAll(async () => {
  webhook = await startWebhook();
  const includedEventTypes = ['Microsoft.Devices.DeviceCreated'];
  const systemTopic = { subscriptions: [{ name: 'all', webhook: webhook.url, includedEventTypes }] };
  const topology = { routes: [], eventHubs: { hubs: [] }, systemTopic };
  emulator = await startEmulator({ clock, topology, devices: ['d1'], log: (line) => lines.push(line) });
});
afterAll(async () => {
  await emulator.stop();
  webhook.stop();
});
afterEach(() => {
  emulator.hub.faults.clear();
  expect(lines.splice(0)).toEqual([]);
});

/** Orders a fault at the door, as any tool would. */
async function order(fault: object): Promise<unknown> {
  const body = JSON.stringify(fault);
  const { status, text } = await emulator.request({ method: 'POST', path: '/admin/faults', headers: json, body });
  expect(status).toBe(201);
  return JSON.parse(text);
}

const readTwin = () => emulator.registry().getTwin('d1');
const writeTag = (n: number) => emulator.registry().updateTwin('d1', { tags: { n } }, '*');
const tags = async () => (await readTwin()).responseBody.tags;

describe('a fault', () => {
  it.each([
    [500, 'InternalServerError'],
    [503, 'ServiceUnavailableError'],
    [429, 'ThrottlingError'],
    [412, 'InvalidEtagError'],
  ])('of status %i fails the next calls of its kind with %s, and then it is over', async (status, name) => {
    await writeTag(0);
    await order({ operation: 'twinUpdate', count: 2, fault: { kind: 'status', status } });
    await expect(writeTag(1)).rejects.toMatchObject({ name });
    await expect(tags()).resolves.toEqual({ n: 0 });
    await expect(writeTag(1)).rejects.toMatchObject({ name });
    await writeTag(2);
    await expect(tags()).resolves.toEqual({ n: 2 });
  });

  it('of a status may carry Retry-After', async () => {
    await order({ fault: { kind: 'status', status: 503, retryAfter: 3 } });
    expect(await emulator.request({ path: '/twins/d1' })).toMatchObject({
      status: 503,
      headers: { 'retry-after': '3', 'iothub-errorcode': 'ServiceUnavailable' },
    });
  });

  it('that delays holds the answer back', async () => {
    await order({ operation: 'twinRead', fault: { kind: 'delay', ms: 30_000 } });
    const start = clock.now();
    const late = readTwin().then(() => clock.now() - start);
    await until(() => emulator.hub.faults.list().length === 0);
    await writeTag(3);
    await clock.advance(29_999);
    await clock.advance(1);
    expect(await late).toBe(30_000);
  });

  it.each([
    ['before', 4],
    ['after', 5],
  ] as const)('that cuts %s leaves the caller without an answer', async (when, n) => {
    await writeTag(4);
    await order({ operation: 'twinUpdate', fault: { kind: 'cut', when } });
    await expect(writeTag(5)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(tags()).resolves.toEqual({ n });
  });

  it('that breaks the body has done what was asked', async () => {
    await order({ operation: 'twinUpdate', fault: { kind: 'malformed' } });
    await expect(writeTag(6)).rejects.toMatchObject({ name: 'SyntaxError' });
    await expect(tags()).resolves.toEqual({ n: 6 });
  });

  it.each([
    ['query', () => emulator.registry().createQuery('SELECT * FROM devices').next('')],
    ['registry', () => emulator.registry().get('d1')],
    ['twinRead', readTwin],
  ])('of the kind %s strikes nothing else', async (operation, call) => {
    await order({ operation, fault: { kind: 'status', status: 500 } });
    await writeTag(7);
    await expect(call()).rejects.toMatchObject({ name: 'InternalServerError' });
    await expect(call()).resolves.toBeDefined();
  });

  it('that duplicates tells the next notifications twice, however often it is asked what is pending', async () => {
    await order({ count: 2, fault: { kind: 'duplicate' } });
    await emulator.registry().create({ deviceId: 'twice' });
    expect(emulator.hub.faults.list()).toEqual([expect.objectContaining({ count: 1 })]);
    // No route takes it.
    await writeTag(8);
    await emulator.registry().create({ deviceId: 'too' });
    await emulator.registry().create({ deviceId: 'once' });
    // Event Grid promises no order.
    const told: unknown[] = [];
    while (told.length < 5) told.push((await webhook.next()).body);
    expect(told.map(deviceCreated).sort()).toEqual(['once', 'too', 'too', 'twice', 'twice']);
    expect(emulator.hub.faults.list()).toEqual([]);
  });
});

/** Whose creation a delivery of the system topic tells. */
function deviceCreated(delivery: unknown): string {
  const [event] = delivery as [{ data: { deviceId: string } }];
  return event.data.deviceId;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await emulator.request({ path: '/health' });
}

describe('the admin door', () => {
  it('lists what is pending, with what was left out, and clears it', async () => {
    const pending = await order({ operation: 'query', count: 3, fault: { kind: 'cut' } });
    const wanted = [{ operation: 'query', count: 3, chance: 1, fault: { kind: 'cut', when: 'before' } }];
    expect(pending).toEqual(wanted);
    expect(JSON.parse((await emulator.request({ path: '/admin/faults' })).text)).toEqual(wanted);
    expect(await emulator.request({ method: 'DELETE', path: '/admin/faults' })).toMatchObject({ status: 204 });
    expect((await emulator.request({ path: '/admin/faults' })).text).toBe('[]');
  });

  it('needs no token', async () => {
    const answer = await emulator.request({ path: '/admin/faults', headers: { authorization: '' } });
    expect(answer.status).toBe(200);
  });

  it.each([
    ['junk', 'The body is not JSON.'],
    ['{}', 'fault: '],
    ['{"fault":{"kind":"explode"}}', 'fault.kind: '],
    ['{"fault":{"kind":"delay"}}', 'fault.ms: '],
    ['{"fault":{"kind":"delay","ms":-1}}', 'fault.ms: '],
    ['{"fault":{"kind":"status","status":200}}', 'fault.status: '],
    ['{"fault":{"kind":"cut","when":"never"}}', 'fault.when: '],
    ['{"fault":{"kind":"malformed"},"count":0}', 'count: '],
    ['{"fault":{"kind":"malformed"},"chance":2}', 'chance: '],
    ['{"fault":{"kind":"malformed"},"operation":"all"}', 'operation: '],
    ['{"fault":{"kind":"malformed"},"operatoin":"any"}', 'operatoin'],
    ['{"fault":{"kind":"malformed"},"operation":"telemetry"}', 'fault: must come before'],
    ['{"fault":{"kind":"duplicate"},"operation":"query"}', 'operation: is of no use'],
  ])('refuses %s, saying why', async (body, why) => {
    const { status, text } = await emulator.request({ method: 'POST', path: '/admin/faults', headers: json, body });
    expect([status, JSON.parse(text).message]).toEqual([400, expect.stringContaining(why)]);
    expect(emulator.hub.faults.list()).toEqual([]);
  });

  it('takes JSON only where it is called that: a page in a browser cannot', async () => {
    const body = '{"fault":{"kind":"malformed"}}';
    for (const type of ['text/plain', 'text/plain; application/json', 'application/json-seq']) {
      const headers = { 'content-type': type };
      const answer = await emulator.request({ method: 'POST', path: '/admin/faults', headers, body });
      expect([answer.status, JSON.parse(answer.text).message]).toEqual([
        415,
        'The content type must be application/json.',
      ]);
    }
  });

  it('refuses a body that is too long, and what it does not have', async () => {
    const long = { method: 'POST', path: '/admin/faults', headers: json, body: ' '.repeat(100_000) };
    expect(await emulator.request(long)).toMatchObject({ status: 413 });
    expect(await emulator.request({ path: '/admin/nothing' })).toMatchObject({ status: 404 });
    expect(await emulator.request({ method: 'PUT', path: '/admin/faults' })).toMatchObject({ status: 404 });
  });

  it('is for peers on this machine', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'admin-'));
    const socketPath = join(dir, 'door');
    const faults = new Faults(1);
    const door = adminDoor({ faults, limits: undefined, log: (line) => lines.push(line) });
    // A peer whose address is none: nothing says that it is here.
    const server = createServer((incoming, outgoing) => void door(incoming, outgoing, readTarget(incoming))).listen(
      socketPath,
    );
    await once(server, 'listening');
    const sent = request({ socketPath, method: 'POST', path: '/admin/faults', headers: json });
    sent.end('{"fault":{"kind":"malformed"}}');
    const [response] = await once(sent, 'response');
    expect([response.statusCode, JSON.parse(await readText(response)).message]).toEqual([
      403,
      'This door is for the machine that it is on.',
    ]);
    expect(faults.list()).toEqual([]);
    server.close();
    await rm(dir, { recursive: true });
  });

  it.each([
    ['127.0.0.1', true],
    ['127.8.9.1', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['10.0.0.1', false],
    ['128.0.0.1', false],
    ['::ffff:10.0.0.1', false],
    ['fe80::1', false],
    ['::', false],
    ['0.0.0.0', false],
    ['', false],
    [undefined, false],
  ])('takes %s for this machine: %s', (address, here) => expect(isLoopback(address)).toBe(here));
});

describe('chance', () => {
  const strikes = (seed: number) => {
    const faults = new Faults(seed);
    const input: FaultInput = { chance: 0.3, count: 1_000_000, fault: { kind: 'malformed' } };
    faults.add(input);
    return Array.from({ length: 10_000 }, () => faults.strike('query') !== undefined);
  };

  it('strikes about as often as it says', () => {
    const count = strikes(1).filter(Boolean).length;
    expect(count).toBeGreaterThan(2800);
    expect(count).toBeLessThan(3200);
  });

  it('strikes the same for the same seed, and otherwise for another', () => {
    expect(strikes(5)).toEqual(strikes(5));
    expect(strikes(5)).not.toEqual(strikes(6));
  });

  it('0 never strikes, and lets the next fault have its turn', () => {
    const faults = new Faults(1);
    faults.add({ chance: 0, fault: { kind: 'malformed' } });
    faults.add({ fault: { kind: 'cut' } });
    expect(faults.strike('job')).toEqual({ kind: 'cut', when: 'before' });
    expect(faults.strike('job')).toBeUndefined();
  });
});

it('what a test orders wrongly it is told at once', () => {
  const wrong = { fault: { kind: 'delay', ms: 1.5 } } as const;
  expect(() => emulator.hub.faults.add(wrong)).toThrow('The fault is not valid: fault.ms: ');
});

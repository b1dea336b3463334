import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventHubProducerClient } from '@azure/event-hubs';
import { startEmulator, type TestEmulator } from '../../emulator/tests/support/emulator';
import topology from '../../infra/topology.json';
import { readSystemOptions } from '../../scripts/systemOptions';
import { tablesAt } from '../../src/azure/tables/tables';
import { startTables, type TestStorage } from '../support/azurite';
import { isLong } from '../support/isLong';
import { Lines } from './system';

const fleet = isLong ? 1000 : 100;
const changesOfADevice = 10;
const remade = fleet / 20;
const malformed = fleet / 20;

/** What a twin's history must tell, oldest first: `Created`, `Deleted`, or the tags that were set. */
type History = { version: number; tags?: Tags }[];
type Tags = Partial<{ location: { plant: string }; link: string; level: number }>;

let emulator: TestEmulator;
let tables: TestStorage;
let door: Server;
let host: ChildProcess | undefined;
let hostLines: Lines;
let stateDir: string;
let port: number;
let topicIsDown = false;
let refusals = 0;
/** How many devices may change by now: the faults come while changes are on their way, however fast these are. */
let allowed = 0;
const more = new EventEmitter<{ allowed: [] }>().setMaxListeners(0);

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'faults-'));
  port = (await readSystemOptions(['--port', '0'])).port;
  door = await startDoor();
  tables = await startTables();
  const functionsUrl = `http://localhost:${(door.address() as AddressInfo).port}`;
  emulator = await startEmulator({ topology: topology, functionsUrl, retryScale: 0.005 });
});
afterAll(async () => {
  await stopHost();
  await Promise.all([emulator.stop(), tables.stop()]);
  door.close();
  await rm(stateDir, { recursive: true });
});

/**
 * Stands before the host and before the topic: deliveries of events are held up, so that they overtake one another, and
 * every tenth comes twice; the topic answers 503 while it is down.
 */
async function startDoor(): Promise<Server> {
  let deliveries = 0;
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming);
    const { url = '', method = '', headers } = incoming;
    if (method === 'OPTIONS') {
      outgoing.writeHead(200, { 'webhook-allowed-origin': 'eventgrid.azure.net' }).end();
      return;
    }
    if (url.startsWith('/eventgrid/')) {
      if (topicIsDown) refusals++;
      outgoing.writeHead(topicIsDown ? 503 : await forwardToTopic(url, headers, body)).end();
      return;
    }
    const deliver = async () => {
      await sleep(Math.random() * 100);
      const { 'content-type': type = '', 'aeg-event-type': kind = '' } = headers;
      const reply = await fetch(`http://localhost:${port}${url}`, {
        method,
        headers: { 'content-type': type, 'aeg-event-type': String(kind) },
        body,
      });
      return reply.status;
    };
    const isTwice = ++deliveries % 10 === 0;
    const [status = 502] = await Promise.all([deliver(), ...(isTwice ? [deliver()] : [])]).catch(() => [502]);
    outgoing.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function forwardToTopic(path: string, headers: object, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const { https: topicPort } = emulator.hub.ports;
    const options = { port: topicPort, path, method: 'POST', headers: { ...headers }, ca: emulator.hub.caCertificate };
    const forwarded = request({ host: 'localhost', ...options }, (reply) => {
      reply.resume();
      resolve(reply.statusCode ?? 502);
    });
    forwarded.on('error', reject);
    forwarded.end(body);
  });
}

async function startHost(): Promise<void> {
  const endpoint = new URL(emulator.hub.env.TWIN_CHANGES_TOPIC_ENDPOINT ?? '');
  host = spawn(process.execPath, ['local-host/dist/cli.js', '--port', `${port}`, '--state-dir', stateDir], {
    env: {
      ...process.env,
      ...emulator.hub.env,
      TWIN_CHANGES_TOPIC_ENDPOINT: `http://localhost:${(door.address() as AddressInfo).port}${endpoint.pathname}`,
      TWIN_TABLES_CONNECTION_STRING: tables.connectionString,
      CONNECTIVITY_PATH: 'tags.link',
    },
  });
  hostLines = new Lines(host);
  await hostLines.match(/^Host started/);
}

async function stopHost(): Promise<void> {
  if (!host) return;
  const gone = once(host, 'exit');
  host.kill('SIGKILL');
  host = undefined;
  await gone;
}

/** Changes of one device, one after the other; some devices are deleted and made again on the way. */
async function changeDevice(deviceId: string, index: number): Promise<History> {
  const registry = emulator.registry();
  const history: History = [];
  const create = async () => {
    await registry.create({ deviceId });
    history.push({ version: 1 });
  };
  await create();
  for (let change = 0; change < changesOfADevice; change++) {
    if (change === 5 && index < remade) {
      await registry.delete(deviceId);
      history.push({ version: 1 });
      await create();
    }
    const tags = tagsOf(index, change);
    const { responseBody } = await registry.updateTwin(deviceId, { tags }, '*');
    history.push({ version: (responseBody as unknown as { version: number }).version, tags });
  }
  return history;
}

function tagsOf(index: number, change: number): Tags {
  if (change % 3 === 0) return { location: { plant: `plant-${(index * 7 + change) % 9}` } };
  return change % 3 === 1 ? { link: ['wifi', 'cellular', 'lan'][(index + change) % 3] ?? '' } : { level: change };
}

async function sendMalformed(): Promise<void> {
  const { TwinChanges = '', TWIN_CHANGES_EVENT_HUB = 'twin-changes' } = emulator.hub.env;
  const producer = new EventHubProducerClient(TwinChanges, TWIN_CHANGES_EVENT_HUB);
  for (let n = 0; n < malformed; n++) await producer.sendBatch([{ body: `malformed ${n}` }]);
  await producer.close();
}

async function countRows(name: 'TwinChanges' | 'PutAside'): Promise<number> {
  let count = 0;
  await tablesAt({ kind: 'key', connectionString: tables.connectionString }).use(name, async (table) => {
    let continuation: string | undefined;
    do {
      const page = await table.list({ columns: [] }, 1000, continuation);
      count += page.rows.length;
      continuation = page.continuation;
    } while (continuation !== undefined);
  });
  return count;
}

/** However slow the machine is, rows keep coming; a minute and a half without a new one, and the rest is lost. */
async function untilKept(expected: number): Promise<void> {
  let kept = 0;
  let since = Date.now();
  for (;;) {
    const present = await countRows('TwinChanges');
    if (present >= expected) return;
    if (present > kept) since = Date.now();
    kept = present;
    if (Date.now() - since > 90_000)
      throw new Error(`${expected - kept} of ${expected} changes were lost\n${failures()}`);
    await sleep(isLong ? 2000 : 200);
  }
}

/** The last failures that the host told of. */
function failures(): string {
  return hostLines.all
    .filter((line) => /Failed|rror/.test(line))
    .slice(-20)
    .join('\n');
}

async function get<T>(path: string): Promise<T> {
  return (await (await fetch(`http://localhost:${port}/api/${path}`)).json()) as T;
}

test(`nothing is lost: ${fleet * changesOfADevice} changes while events repeat and overtake, the topic is down, the host is killed twice`, async () => {
  await startHost();
  const ids = Array.from({ length: fleet }, (_, n) => `device-${n}`);
  const histories = new Map<string, History>();
  const queue = ids.entries();
  const changing = Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const [index, id] of queue) {
        while (index >= allowed) await once(more, 'allowed');
        histories.set(id, await changeDevice(id, index));
      }
    }),
  );
  const allow = (share: number) => {
    allowed = share * fleet;
    more.emit('allowed');
  };
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await sleep(20);
  };
  const changed = (share: number) => until(() => histories.size >= share * fleet);
  await sendMalformed();
  allow(0.3);
  await changed(0.2);
  await stopHost();
  allow(0.5);
  await startHost();
  await changed(0.4);
  topicIsDown = true;
  allow(0.7);
  await changed(0.6);
  await until(() => refusals > 1);
  topicIsDown = false;
  allow(1);
  await changed(0.8);
  await stopHost();
  await startHost();
  await changing;

  const expected = [...histories.values()].reduce((sum, history) => sum + history.length, 0);
  await untilKept(expected);
  expect(await countRows('PutAside')).toBe(malformed);

  for (const [id, history] of histories) {
    const { changes } = await get<{ changes: { version: number; coalesced?: true; values: object[] }[] }>(
      `devices/${id}/changes?unchanged=true`,
    );
    const told = changes
      .reverse()
      .map(({ version, coalesced, values }) => ({ version, coalesced, values: values.length }));
    expect([id, told]).toEqual([
      id,
      history.map(({ version, tags }) => ({ version: tags ? version : expect.any(Number), values: tags ? 1 : 0 })),
    ]);
  }

  const truth = new Map<string, string[]>();
  for (const id of ids) {
    const { responseBody: twin } = await emulator.registry().getTwin(id);
    const { location, link } = twin.tags as Tags;
    const place = `${location?.plant} ${link ?? null}`;
    truth.set(place, [...(truth.get(place) ?? []), id]);
  }
  const members = async () => {
    const found = new Map<string, string[]>();
    for (const { location } of (await get<{ locations: { location: string }[] }>('locations')).locations) {
      const { devices } = await get<{ devices: { deviceId: string; connectivity: string | null }[] }>(
        `locations/${location}/devices`,
      );
      for (const { deviceId, connectivity } of devices) {
        const place = `${location} ${connectivity}`;
        found.set(place, [...(found.get(place) ?? []), deviceId]);
      }
    }
    return sorted(found);
  };
  // The history's row may be there a moment before the member's.
  await expectSoon(members, sorted(truth));
}, 900_000);

function sorted(places: Map<string, string[]>) {
  return [...places].map(([place, ids]) => [place, ids.sort()] as const).sort(([a], [b]) => (a < b ? -1 : 1));
}

async function expectSoon<T>(find: () => Promise<T>, wanted: T): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const found = await find();
    const isLate = Date.now() > deadline;
    if (isLate) console.error(failures());
    if (JSON.stringify(found) === JSON.stringify(wanted) || isLate) {
      expect(found).toEqual(wanted);
      return;
    }
    await sleep(200);
  }
}

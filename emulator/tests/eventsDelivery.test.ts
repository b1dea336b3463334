import { EventEmitter, on, once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { Agent } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AzureKeyCredential, EventGridPublisherClient } from '@azure/eventgrid';
import { startEmulator, type TestEmulator } from './support/emulator';
import { deviceOf } from './support/sdkDevice';
import { startWebhook, type Webhook } from './support/webhook';

let emulator: TestEmulator;
let webhook: Webhook;
let deadLetterDir: string;
let lines: AsyncIterator<string[]>;

beforeEach(async () => {
  webhook = await startWebhook();
  deadLetterDir = await mkdtemp(join(tmpdir(), 'dead-letters-'));
});
afterEach(async () => {
  await emulator.stop();
  webhook.stop();
  await rm(deadLetterDir, { recursive: true });
});

/** Starts an emulator whose topic, or whose system topic, has one subscription: the webhook. */
async function start({ subscription = {}, topic = {}, isSystem = false }) {
  const told = new EventEmitter();
  lines = on(told, 'line');
  const subscriptions = [{ name: 'hook', webhook: webhook.url, ...subscription }];
  const where = isSystem ? { systemTopic: { subscriptions } } : { topic: { name: 'changes', ...topic, subscriptions } };
  emulator = await startEmulator({
    topology: {
      routes: [],
      eventHubs: { hubs: [] },
      ...where,
      ...('topic' in where ? { topic: { ...where.topic, endpointSetting: 'ENDPOINT', keySetting: 'KEY' } } : {}),
    },
    deadLetterDir,
    retryScale: 0.001,
    log: (line) => told.emit('line', line),
  });
}

async function logged(part: string): Promise<void> {
  for (;;) {
    const { value } = (await lines.next()) as { value: [string] };
    if (value[0].includes(part)) return;
  }
}

/** The unmodified publisher of the SDK. */
function publisher<T extends 'CloudEvent' | 'EventGrid'>(schema: T): EventGridPublisherClient<T> {
  const { ENDPOINT = '', KEY = '' } = emulator.hub.env;
  return new EventGridPublisherClient(ENDPOINT, schema, new AzureKeyCredential(KEY), {
    agent: new Agent({ ca: emulator.hub.caCertificate }),
  } as object);
}

const cloud = (id: string, more: object = {}) => ({ id, type: 'Plant.Changed', source: 'plant', ...more });
const grid = (id: string) => ({
  id,
  eventType: 'Plant.Changed',
  subject: 'line/1',
  dataVersion: '1',
  data: { level: 4 },
});

test('the Event Grid schema is published, validated and delivered as the service does', async () => {
  await start({ topic: { inputSchema: 'EventGridSchema' } });
  await publisher('EventGrid').send([grid('1')]);
  const { headers, body } = await webhook.next();
  expect(headers).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'aeg-event-type': 'Notification',
    'aeg-subscription-name': 'HOOK',
    'aeg-delivery-count': '0',
  });
  expect(body).toEqual([
    {
      ...grid('1'),
      eventTime: expect.any(String),
      metadataVersion: '1',
      topic: expect.stringContaining('/topics/changes'),
    },
  ]);
  expect(webhook.asked).toBe(1);
});

test.each([
  ['CloudEventSchemaV1_0', 'EventGrid', grid('1')],
  ['EventGridSchema', 'CloudEvent', cloud('1')],
] as const)('a topic of the schema %s refuses events of %s', async (inputSchema, schema, event) => {
  await start({ topic: { inputSchema } });
  const sent = publisher(schema).send([event as never]);
  await expect(sent).rejects.toMatchObject({ statusCode: 400, code: 'BadRequest' });
});

test.each([
  ['CloudEventSchemaV1_0', () => publisher('CloudEvent').send([cloud('1')])],
  ['EventGridSchema', () => publisher('EventGrid').send([grid('1')])],
] as const)('%s: nothing is delivered until the endpoint has agreed', async (inputSchema, send) => {
  webhook.consents = false;
  await start({ topic: { inputSchema } });
  await send();
  await logged("waits until 'hook' agrees");
  webhook.consents = true;
  const { body } = await webhook.next();
  expect([body].flat()).toMatchObject([{ id: '1' }]);
  expect(webhook.asked).toBeGreaterThan(1);
});

test('a redirect is no consent', async () => {
  const elsewhere = createServer((_, response) => response.writeHead(307, { location: webhook.url }).end());
  await once(elsewhere.listen(0, 'localhost'), 'listening');
  await start({ subscription: { webhook: `http://localhost:${(elsewhere.address() as AddressInfo).port}/` } });
  await publisher('CloudEvent').send([cloud('1')]);
  await logged("waits until 'hook' agrees to take events: 307");
  elsewhere.close();
});

test('several events come in one delivery where the subscription asks for it', async () => {
  webhook.consents = false;
  await start({ subscription: { maxEventsPerBatch: 3, preferredBatchSizeInKilobytes: 1 } });
  await publisher('CloudEvent').send(['1', '2', '3', '4'].map((id) => cloud(id)));
  await publisher('CloudEvent').send(['5', '6'].map((id) => cloud(id, { data: { text: 'x'.repeat(1000) } })));
  await logged('agrees');
  webhook.consents = true;
  const ids: string[][] = [];
  while (ids.flat().length < 6) {
    const { headers, body } = await webhook.next();
    expect(headers['content-type']).toBe('application/cloudevents-batch+json; charset=utf-8');
    ids.push((body as { id: string }[]).map(({ id }) => id));
  }
  expect(ids.flat().sort()).toEqual(['1', '2', '3', '4', '5', '6']);
  expect(ids.map((batch) => batch.length).sort()).toEqual([1, 1, 1, 3]);
});

test.each([
  [{ subjectBeginsWith: 'LINE/', subjectEndsWith: '/1' }, ['a']],
  [{ subjectBeginsWith: 'LINE/', isSubjectCaseSensitive: true }, []],
  [{ includedEventTypes: ['plant.changed'] }, ['a', 'b']],
  [{ advancedFilters: [{ key: 'data.level', operatorType: 'NumberGreaterThan', value: 4 }] }, ['b']],
  [{ advancedFilters: [{ key: 'data.level', operatorType: 'NumberInRange', values: [[1, 4]] }] }, ['a']],
  [{ advancedFilters: [{ key: 'data.level', operatorType: 'NumberNotIn', values: [4] }] }, ['b']],
  [{ advancedFilters: [{ key: 'data.on', operatorType: 'BoolEquals', value: true }] }, ['a']],
  [{ advancedFilters: [{ key: 'data.site', operatorType: 'StringIn', values: ['NORTH', 'west'] }] }, ['a']],
  [{ advancedFilters: [{ key: 'data.site', operatorType: 'StringNotContains', values: ['out'] }] }, ['a']],
  [{ advancedFilters: [{ key: 'data.site', operatorType: 'StringEndsWith', values: ['TH'] }] }, ['a', 'b']],
  [{ advancedFilters: [{ key: 'data.on', operatorType: 'IsNullOrUndefined' }] }, ['b']],
  [{ advancedFilters: [{ key: 'data.on', operatorType: 'IsNotNull' }] }, ['a']],
  [{ advancedFilters: [{ key: 'data.list', operatorType: 'StringIn', values: ['x'] }] }, []],
  [
    {
      advancedFilters: [{ key: 'data.list', operatorType: 'StringIn', values: ['x'] }],
      enableAdvancedFilteringOnArrays: true,
    },
    ['b'],
  ],
])('the filter %j lets %j pass', async (filter, ids) => {
  // The last one passes every filter of these, so that it ends the wait.
  await start({ subscription: filter });
  await publisher('CloudEvent').send([
    cloud('a', { subject: 'line/1', data: { level: 4, on: true, site: 'north' } }),
    cloud('b', { subject: 'line/2', data: { level: 5, site: 'south', list: ['x', 'y'] } }),
  ]);
  const passed: unknown[] = [];
  while (passed.length < ids.length) passed.push(((await webhook.next()).body as { id: string }).id);
  expect(passed.sort()).toEqual(ids);
  // What is refused by the filter is never queued: stopping finds nothing under way.
  await emulator.hub.stop();
});

test.each([
  ['CloudEventSchemaV1_0', () => publisher('CloudEvent').send([cloud('1')]), 'deadletterreason', 'lastdeliveryoutcome'],
  ['EventGridSchema', () => publisher('EventGrid').send([grid('1')]), 'deadLetterReason', 'lastDeliveryOutcome'],
] as const)('%s: what cannot be delivered is put aside with the reason', async (inputSchema, send, reason, outcome) => {
  webhook.status = 500;
  await start({ topic: { inputSchema }, subscription: { maxDeliveryAttempts: 2 } });
  await send();
  await logged('it is in');
  const [file = ''] = (await readdir(deadLetterDir, { recursive: true })).filter((name) => name.endsWith('.json'));
  const now = new Date();
  expect(file).toMatch(
    new RegExp(`^HOOK/${now.getUTCFullYear()}/${now.getUTCMonth() + 1}/\\d+/\\d+/[0-9a-f-]+\\.json$`),
  );
  expect((await stat(join(deadLetterDir, file))).mode & 0o777).toBe(0o600);
  expect((await stat(join(deadLetterDir, file, '..'))).mode & 0o777).toBe(0o700);
  expect(JSON.parse(await readFile(join(deadLetterDir, file), 'utf8'))).toEqual([
    expect.objectContaining({ id: '1', [reason]: 'MaxDeliveryAttemptsExceeded', [outcome]: 'GenericError' }),
  ]);
});

test("the hub's own events tell of the lives and the connections of devices", async () => {
  await start({ isSystem: true });
  await emulator.registry().create({ deviceId: 'd1' });
  const device = await deviceOf(emulator.hub, 'd1');
  await device.getTwin();
  await device.close();
  await emulator.registry().delete('d1');
  const told: Record<string, unknown>[] = [];
  while (told.length < 4) told.push(...((await webhook.next()).body as Record<string, unknown>[]));
  expect(told.map(({ eventType }) => eventType).sort()).toEqual(
    ['Connected', 'Created', 'Deleted', 'Disconnected'].map((what) => `Microsoft.Devices.Device${what}`),
  );
  const of = (what: string) => told.find(({ eventType }) => String(eventType).endsWith(what));
  expect(of('Created')).toMatchObject({
    topic: '/SUBSCRIPTIONS/EMULATOR/RESOURCEGROUPS/EMULATOR/PROVIDERS/MICROSOFT.DEVICES/IOTHUBS/LOCALHOST',
    subject: 'devices/d1',
    dataVersion: '1',
    metadataVersion: '1',
    data: { hubName: 'localhost', deviceId: 'd1', twin: { deviceId: 'd1', version: 2 } },
  });
  expect(of('.DeviceConnected')).toMatchObject({
    data: { deviceId: 'd1', deviceConnectionStateEventInfo: { sequenceNumber: expect.any(String) } },
  });
});

test('at most 16 deliveries are under way; the others wait until one is answered', async () => {
  let open = 0;
  let isHeld = true;
  const told = new EventEmitter();
  const arrivals = on(told, 'arrival');
  const held: (() => void)[] = [];
  const server = createServer((request, response) => {
    if (request.method === 'OPTIONS') return response.writeHead(200, { 'webhook-allowed-origin': '*' }).end();
    open++;
    const answer = () => {
      open--;
      response.writeHead(200).end();
    };
    if (isHeld) held.push(answer);
    else answer();
    return told.emit('arrival');
  });
  await once(server.listen(0, 'localhost'), 'listening');
  try {
    await start({ subscription: { webhook: `http://localhost:${(server.address() as AddressInfo).port}` } });
    await publisher('CloudEvent').send(Array.from({ length: 40 }, (_, n) => cloud(String(n))));
    for (let arrived = 0; arrived < 16; arrived++) await arrivals.next();
    // Whatever else is on its way has come when another publication was answered.
    await publisher('CloudEvent').send([cloud('last')]);
    expect(open).toBe(16);
    isHeld = false;
    for (const answer of held) answer();
    for (let arrived = 16; arrived < 41; arrived++) await arrivals.next();
  } finally {
    server.close().closeAllConnections();
  }
});

import { EventEmitter, on, once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import {
  AzureKeyCredential,
  AzureSASCredential,
  EventGridPublisherClient,
  generateSharedAccessSignature,
} from '@azure/eventgrid';
import { Topic } from '../src/events/eventGrid/topic';
import { parseTopology } from '../src/events/topology';
import { readTarget } from '../src/wire/target';

const key = Buffer.from('the key of the topic').toString('base64');
const type = 'Plant.Changed';
const event = { type, source: 'plant', id: '1', subject: 'line/1', data: { level: 4 } };

/** A delivery as the function's host got it, and the way to answer it. */
interface Delivery {
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: Record<string, unknown>;
  answer(status: number): void;
}

let topic: Topic;
let topicUrl: string;
let servers: Server[];
let functionsUrl: string;
let lines: AsyncIterator<string[]>;
let told: EventEmitter;
let deliveries: AsyncIterator<Delivery[]>;

beforeEach(async () => {
  told = new EventEmitter();
  deliveries = on(told, 'delivery');
  lines = on(told, 'line');
  const functions = createServer(async (request, response) => {
    if (request.method === 'OPTIONS') {
      response.writeHead(200, { 'webhook-allowed-origin': 'eventgrid.azure.net' }).end();
      return;
    }
    const chunks = await request.toArray();
    told.emit('delivery', {
      url: request.url,
      headers: request.headers,
      body: JSON.parse(Buffer.concat(chunks).toString()),
      answer: (status: number) => response.writeHead(status).end(),
    } satisfies Delivery);
  });
  const front = createServer((request, response) => topic.handle(request, response, readTarget(request)));
  servers = [functions, front];
  functionsUrl = await listening(functions);
  topicUrl = `${await listening(front)}/eventgrid/topics/changes/api/events`;
  startTopic(0.001);
});
afterEach(() => {
  topic.stop();
  for (const server of servers) server.close().closeAllConnections();
});

/** Puts a topic behind the front door; waits between attempts are scaled. */
function startTopic(retryScale: number): void {
  topic = new Topic(definition(), key, { functionsUrl, retryScale, log: (line) => told.emit('line', line) });
}

async function listening(server: Server): Promise<string> {
  await once(server.listen(0, 'localhost'), 'listening');
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

function definition() {
  const subscriptions = [
    { name: 'on-change', function: 'on change', includedEventTypes: [type], maxDeliveryAttempts: 3 },
  ];
  const parsed = parseTopology({
    routes: [],
    eventHubs: { hubs: [] },
    topic: { name: 'changes', subscriptions },
  }).topic;
  if (!parsed) throw new Error('There is no topic.');
  return parsed;
}

async function delivery(): Promise<Delivery> {
  const [next]: Delivery[] = (await deliveries.next()).value;
  if (!next) throw new Error('There was no delivery.');
  return next;
}

const publisher = ({ url = topicUrl, credential = key } = {}) =>
  new EventGridPublisherClient(url, 'CloudEvent', new AzureKeyCredential(credential), {
    allowInsecureConnection: true,
  });

/** Waits for a line of the log. */
async function logged(text: string): Promise<void> {
  let line: string | undefined;
  while (!line?.includes(text)) [line] = (await lines.next()).value;
}

describe('publishing', () => {
  test('with a wrong key is unauthorized', async () => {
    await expect(publisher({ credential: key.toLowerCase() }).send([event])).rejects.toMatchObject({ statusCode: 401 });
  });

  test.each([
    ['of the topic is accepted', key, 60_000, undefined],
    ['of another key is unauthorized', key.toLowerCase(), 60_000, 401],
    ['that has expired is unauthorized', key, -60_000, 401],
  ])('with a token %s', async (_, signer, lifetime, statusCode) => {
    const expiry = new Date(Date.now() + lifetime);
    const token = await generateSharedAccessSignature(topicUrl, new AzureKeyCredential(signer), expiry);
    const options = { allowInsecureConnection: true };
    const client = new EventGridPublisherClient(topicUrl, 'CloudEvent', new AzureSASCredential(token), options);
    const refused = await client.send([event]).then(
      () => undefined,
      (error) => error.statusCode,
    );
    expect(refused).toBe(statusCode);
  });

  test.each(['', 'r=a', 'r=a&e=b&s=c', '&s='])('with %j for a token is unauthorized', async (token) => {
    const response = await fetch(topicUrl, { method: 'POST', headers: { 'aeg-sas-token': token }, body: '[]' });
    expect(response.status).toBe(401);
  });

  test('to an unknown topic finds nothing', async () => {
    const url = topicUrl.replace('changes', 'others');
    await expect(publisher({ url }).send([event])).rejects.toMatchObject({ statusCode: 404 });
  });

  test('events of the other schema is a bad request', async () => {
    const options = { allowInsecureConnection: true };
    const client = new EventGridPublisherClient(topicUrl, 'EventGrid', new AzureKeyCredential(key), options);
    const wrong = { eventType: type, subject: 'line/1', dataVersion: '1', data: {} };
    await expect(client.send([wrong])).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining('CloudEvent'),
    });
  });

  test('more than a megabyte is too large', async () => {
    const large = { ...event, data: { text: 'x'.repeat(1024 * 1024) } };
    await expect(publisher().send([large])).rejects.toMatchObject({ statusCode: 413 });
  });

  test.each(['{', '[{}]', '[null]', '"text"'])('%s is a bad request that says so in JSON', async (body) => {
    const response = await fetch(topicUrl, { method: 'POST', headers: { 'aeg-sas-key': key }, body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'BadRequest', message: expect.any(String) } });
  });

  test('one event that is wrong keeps all from being accepted', async () => {
    const body = JSON.stringify([{ specversion: '1.0', ...event, id: 'first' }, { specversion: '1.0' }]);
    await fetch(topicUrl, { method: 'POST', headers: { 'aeg-sas-key': key }, body });
    await publisher().send([{ ...event, id: 'second' }]);
    const { body: delivered, answer } = await delivery();
    answer(200);
    expect(delivered.id).toBe('second');
  });
});

describe('a delivery', () => {
  test('is one event, with the headers of the service', async () => {
    await publisher().send([event]);
    const { url, headers, body, answer } = await delivery();
    answer(202);
    expect(url).toBe('/runtime/webhooks/EventGrid?functionName=on%20change');
    expect(headers).toMatchObject({
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'aeg-event-type': 'Notification',
      'aeg-subscription-name': 'ON-CHANGE',
      'aeg-delivery-count': '0',
    });
    expect(body).toEqual({
      specversion: '1.0',
      time: expect.any(String),
      datacontenttype: 'application/json',
      ...event,
    });
  });

  test('is made only for the types that are asked for', async () => {
    await publisher().send([{ ...event, type: 'Other', id: 'other' }, event]);
    const { body, answer } = await delivery();
    answer(200);
    expect(body.id).toBe('1');
  });

  test('is tried again after an error, and counted', async () => {
    await publisher().send([event]);
    (await delivery()).answer(500);
    const { headers, body, answer } = await delivery();
    answer(200);
    expect(headers['aeg-delivery-count']).toBe('1');
    expect(body.id).toBe('1');
  });

  test('that nobody takes is tried again, and the log says why', async () => {
    servers[0]?.close();
    await publisher().send([event]);
    await logged('ECONNREFUSED');
  });

  test('is given up after the most attempts', async () => {
    await publisher().send([event]);
    for (let attempt = 0; attempt < 3; attempt++) (await delivery()).answer(500);
    await logged('MaxDeliveryAttemptsExceeded');
    await setImmediate();
    expect(topic.stop()).toBe(0);
  });

  test.each([400, 403, 413])('is not tried again after %i', async (status) => {
    await publisher().send([event]);
    (await delivery()).answer(status);
    await logged('UndeliverableDueToHttpStatus');
    await setImmediate();
    expect(topic.stop()).toBe(0);
  });

  test('that is under way when the topic stops is counted as dropped', async () => {
    await publisher().send([event, { ...event, id: '2' }]);
    await delivery();
    await delivery();
    expect(topic.stop()).toBe(2);
  });

  test('that waits for its next attempt when the topic stops is counted as dropped', async () => {
    startTopic(1);
    await publisher().send([event]);
    (await delivery()).answer(500);
    await logged('will retry');
    expect(topic.stop()).toBe(1);
  });
});

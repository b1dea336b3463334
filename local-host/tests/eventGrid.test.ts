import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RunningHost } from './runningHost';

let host: RunningHost;
let topic: Server;
const published: { url: string | undefined; headers: IncomingMessage['headers']; body: string }[] = [];
let topicStatus = 200;

beforeAll(async () => {
  topic = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    published.push({ url: request.url, headers: request.headers, body });
    response.writeHead(topicStatus).end('told by the topic');
  }).listen(0, '127.0.0.1');
  await once(topic, 'listening');
  const { port } = topic.address() as AddressInfo;
  host = await RunningHost.start('app', {
    TOPIC_ENDPOINT: `http://127.0.0.1:${port}/api/events`,
    TOPIC_KEY: 'the key',
    TZ: 'Asia/Tokyo',
  });
});
afterAll(async () => {
  await host.stop();
  topic.close();
  topic.closeAllConnections();
});

const webhook = '/runtime/webhooks/EventGrid?functionName=onEvent';
const event = (id: string) => ({ id, specversion: '1.0', type: 't', source: 's', data: { Value: 1 } });

describe('the webhook', () => {
  const deliver = (body: unknown, type: string | undefined = 'Notification', path = webhook) =>
    host.request('POST', path, type === '' ? {} : { 'aeg-event-type': type }, JSON.stringify(body));

  it('runs the function on a single event, and on each of an array', async () => {
    expect((await deliver(event('one'))).status).toBe(202);
    await host.line(/event one \{"value":1\}/);
    expect((await deliver([event('two'), event('three')])).status).toBe(202);
    await host.line(/event two/);
    await host.line(/event three/);
  });

  it('takes its path and types in any case, names as they are', async () => {
    const path = '/Runtime/Webhooks/eventgrid?functionName=onEvent';
    expect((await deliver(event('four'), 'notification', path)).status).toBe(202);
    const reply = await deliver(event('four'), 'notification', path.replace('onEvent', 'onevent'));
    expect([reply.status, reply.body.toString()]).toEqual([404, "cannot find function: 'onevent'"]);
  });

  it('hands on times in the zone of the machine, and numbers as they are spelled', async () => {
    const data = '{"at":"2026-11-28T21:32:16.8820000-05:00","n":9007199254740993,"x":1.0}';
    const body = `{"id":"five","time":"2026-11-28T21:32:27.2610000Z","data":${data}}`;
    await host.request('POST', webhook, { 'aeg-event-type': 'Notification' }, body);
    expect(await host.line(/event five/)).toContain('"2026-11-29T11:32:16.882+09:00"');
    expect(await host.line(/whole .*"five"/)).toContain('"time":"2026-11-28T21:32:27.261Z"');
  });

  it('answers 500 when one of a delivery fails, whose others have run', async () => {
    const reply = await deliver([event('bad'), event('good')]);
    expect([reply.status, reply.body.toString()]).toEqual([
      500,
      'Exception while executing function: Functions.onEvent',
    ]);
    await host.line(/event good/);
  });

  it.each([
    ['', 400],
    ['SubscriptionDeletion', 400],
    ['Unsubscribe', 202],
  ])('answers an event type of "%s" with %i', async (type, status) => {
    expect((await deliver(event('x'), type)).status).toBe(status);
  });

  it.each(['"text"', '[1]', '', '[{'])('answers what is no event with an empty 500: %s', async (body) => {
    const reply = await host.request('POST', webhook, { 'aeg-event-type': 'Notification' }, body);
    expect([reply.status, reply.body.toString()]).toEqual([500, '']);
  });

  it.each(['/runtime/webhooks/EventGrid', '/runtime/webhooks/EventGrid?functionName=item'])(
    '%s is no Event Grid function: 404, with the name',
    async (path) => {
      const reply = await deliver(event('x'), 'Notification', path);
      const name = /functionName=(.*)/.exec(path)?.[1] ?? '';
      expect([reply.status, reply.body.toString()]).toEqual([404, `cannot find function: '${name}'`]);
    },
  );

  it('shakes hands in both schemas without running the function', async () => {
    const from = host.lines.length;
    const validation = await deliver([{ data: { validationCode: 'abc' } }], 'SubscriptionValidation');
    expect([validation.status, JSON.parse(validation.body.toString())]).toEqual([200, { validationResponse: 'abc' }]);
    expect(validation.headers['content-type']).toBe('text/plain; charset=utf-8');
    const cloudEvent = await deliver({ ...event('v'), data: '{"validationCode":"def"}' }, 'SubscriptionValidation');
    expect(JSON.parse(cloudEvent.body.toString())).toEqual({ validationResponse: 'def' });
    expect((await deliver({ data: '{' }, 'SubscriptionValidation')).status).toBe(500);
    const options = await host.request('OPTIONS', webhook, { 'webhook-request-origin': 'eventgrid.azure.us' });
    expect([options.status, options.headers['webhook-allowed-origin']]).toEqual([200, 'eventgrid.azure.net']);
    expect(host.lines.slice(from).join('\n')).not.toContain('Executing');
  });
});

describe('the output', () => {
  beforeEach(() => {
    published.length = 0;
    topicStatus = 200;
  });
  const publish = (value: unknown) => host.request('POST', '/api/publishing', {}, JSON.stringify(value));

  it('is sent in one request, in the schema of the first event, with the key', async () => {
    const time = '2026-11-28T21:32:27.2610000Z';
    expect(
      (
        await publish([
          { ...event('a'), time },
          { ...event('b'), time, data: '+' },
        ])
      ).status,
    ).toBe(201);
    expect(published).toHaveLength(1);
    expect(published[0]?.url).toBe('/api/events?api-version=2018-01-01');
    expect(published[0]?.headers).toMatchObject({
      'content-type': 'application/cloudevents-batch+json; charset=utf-8',
      'aeg-sas-key': 'the key',
    });
    const event1 =
      '{"id":"a","source":"s","type":"t","data":{"Value":1},"time":"2026-11-28T21:32:27.261+00:00","specversion":"1.0"}';
    const event2 =
      '{"id":"b","source":"s","type":"t","data":"\\u002B","time":"2026-11-28T21:32:27.261+00:00","specversion":"1.0"}';
    expect(published[0]?.body).toBe(`[${event1},${event2}]`);
  });

  it('is an array, of the Event Grid schema too', async () => {
    const own = { id: 'a', subject: 's', data: 1, eventType: 't', dataVersion: '1' };
    expect((await publish({ ...own, eventTime: '2026-11-28T21:32:27+01:00', more: 1 })).status).toBe(201);
    expect(published[0]?.headers['content-type']).toBe('application/json');
    expect(JSON.parse(published[0]?.body ?? '')).toEqual([{ ...own, eventTime: '2026-11-28T20:32:27.0000000Z' }]);
  });

  it('fails the invocation where it is no event, and nothing is sent', async () => {
    expect((await publish([event('a'), { ...event('b'), source: undefined }])).status).toBe(500);
    await host.line(/Functions\.publishing: Error: A CloudEvent needs 'source'\./);
    expect(published).toEqual([]);
  });

  it('is not sent where there is none', async () => {
    expect((await publish([])).status).toBe(201);
    expect(published).toEqual([]);
  });

  it('fails the invocation when the topic does not take it, and the log has no key', async () => {
    topicStatus = 503;
    expect((await publish([event('a')])).status).toBe(500);
    await host.line(/Functions\.publishing: Error: The Event Grid topic answered 503: told by the topic/);
    expect(host.lines.join('\n')).not.toContain('the key');
  });
});

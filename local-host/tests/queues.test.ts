import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type QueueClient, QueueServiceClient } from '@azure/storage-queue';
import { startQueues, type TestStorage } from '../../tests/support/azurite';
import { RunningHost } from './runningHost';

/** What the fixture tells of a message. */
interface Told {
  message: unknown;
  metadata: Record<string, unknown> & { dequeueCount: number; id: string; popReceipt: string };
}

// A host starts in each of them, at times two, and takes its five seconds of patience.
jest.setTimeout(60_000);

let storage: TestStorage;
let service: QueueServiceClient;
let stateDir: string;
let host: RunningHost;
let names = 0;
let name: string;
let queue: QueueClient;
let poison: QueueClient;

beforeAll(async () => {
  storage = await startQueues();
  service = QueueServiceClient.fromConnectionString(storage.connectionString);
});
afterAll(() => storage.stop());
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'queues-'));
  name = `work${++names}`;
  queue = service.getQueueClient(name);
  poison = service.getQueueClient(`${name}-poison`);
  await queue.create();
});
afterEach(async () => {
  await host.stop(true);
  await rm(stateDir, { recursive: true });
});

async function start(env: NodeJS.ProcessEnv = {}): Promise<void> {
  const own = { Queues: storage.connectionString, WORK_QUEUE: name, 'AzureWebJobs.poison.Disabled': 'true' };
  host = await RunningHost.start('queues', { ...own, ...env }, stateDir);
}

const base64 = (body: unknown) =>
  Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)).toString('base64');
const send = (body: unknown, visibilityTimeout = 0) => queue.sendMessage(base64(body), { visibilityTimeout });

/** What the function told of a message, from a line on. */
async function told(pattern: RegExp, from = 0): Promise<Told> {
  const line = await host.line(new RegExp(`message \\{.*${pattern.source}`), from);
  return JSON.parse(line.slice(line.indexOf('{')));
}

/** All messages that a queue holds, visible or not. */
async function held(of: QueueClient): Promise<number> {
  return (await of.getProperties()).approximateMessagesCount ?? 0;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 25));
}

describe('a message', () => {
  it('comes as JSON, text or number beside its facts, and is deleted when it is done', async () => {
    await start();
    const { messageId } = await send({ n: 1, Name: 'x', list: [1], inner: { A: 1 }, is: true, none: null });
    const { message, metadata } = await told(/"n":1/);
    expect(message).toEqual({ n: 1, Name: 'x', list: [1], inner: { A: 1 }, is: true, none: null });
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
    expect(metadata).toEqual({
      id: messageId,
      dequeueCount: 1,
      popReceipt: expect.stringMatching(/./),
      insertionTime: time,
      expirationTime: time,
      nextVisibleTime: time,
      queueTrigger: { n: 1, name: 'x', list: [1], inner: { a: 1 }, is: true, none: null },
      ...{ n: 1, name: 'x', inner: { a: 1 }, is: 'True' },
    });
    await host.line(/Executing 'Functions.work' \(Reason='New queue message detected on 'work\d+'\.', Id=/);
    await host.line(new RegExp(`Trigger Details: MessageId: ${messageId}, DequeueCount: 1, InsertedOn: 2`));
    await send('plain text');
    await send('42');
    expect((await told(/plain text/)).message).toBe('plain text');
    expect((await told(/"message":42/)).message).toBe(42);
    await until(async () => (await held(queue)) === 0);
  });

  it('may have base64 of several lines, however they end', async () => {
    const [first, second] = [base64({ lines: 'several' }).slice(0, 8), base64({ lines: 'several' }).slice(8)];
    await queue.sendMessage(`${first}\r\n${second}\r\n`);
    // As the client hands on what it is sent by others.
    expect((await queue.peekMessages()).peekedMessageItems[0]?.messageText).toContain('&#xD;');
    await start();
    expect((await told(/"lines":"several"/)).message).toEqual({ lines: 'several' });
    await until(async () => (await held(queue)) === 0);
  });

  it('is out of sight for ten minutes while it is worked on', async () => {
    await start();
    const from = Date.now();
    await send({ hold: true });
    const { metadata } = await told(/"hold":true/);
    const lease = Date.parse(String(metadata.nextVisibleTime)) - from;
    expect(Math.round(lease / 60_000)).toBe(10);
    expect((await queue.receiveMessages()).receivedMessageItems).toEqual([]);
    await host.request('GET', '/api/letGo');
    await until(async () => (await held(queue)) === 0);
  });

  it('that fails comes again, and after its last try is put aside as it came', async () => {
    await start();
    await send({ fail: true, text: 'é' });
    await host.line(/Message has reached MaxDequeueCount of 3\. Moving message to queue 'work\d+-poison'\./);
    await until(async () => (await poison.exists()) && (await held(poison)) === 1 && (await held(queue)) === 0);
    const tries = host.lines.filter((line) => line.includes('message {'));
    expect(tries.map((line) => JSON.parse(line.slice(line.indexOf('{'))).metadata.dequeueCount)).toEqual([1, 2, 3]);
    const { receivedMessageItems } = await poison.receiveMessages();
    expect(receivedMessageItems.map(({ messageText }) => messageText)).toEqual([base64({ fail: true, text: 'é' })]);
  });

  it('that fails comes again only after the visibility time-out of host.json', async () => {
    await start({ AzureFunctionsJobHost__extensions__queues__visibilityTimeout: '00:00:02' });
    await send({ fail: true });
    await host.line(/Executed 'Functions.work' \(Failed/);
    const failed = Date.now();
    await told(/"dequeueCount":2/);
    expect(Date.now() - failed).toBeGreaterThan(1000);
  });

  it('with a delay comes not before it', async () => {
    await start();
    const { nextVisibleOn } = await send('late', 2);
    await told(/"late"/);
    // The service counts in seconds.
    expect(Date.now()).toBeGreaterThanOrEqual(nextVisibleOn.getTime() - 1000);
  });

  it('of a queue made later comes, too', async () => {
    await queue.delete();
    await start();
    await host.line(/Host started/);
    expect(await queue.exists()).toBe(false);
    await queue.create();
    await send('now');
    await told(/"now"/);
  });

  it.each([
    ['base64', 'not base64!'],
    ['base64', 'YQ'],
  ])('that is not %s is put aside at once: %s', async (_, text) => {
    await start();
    await queue.sendMessage(text);
    await host.line(/Message decoding has failed! Check MessageEncoding settings\. MessageId=[0-9a-f-]{36}\./);
    await until(async () => (await poison.exists()) && (await held(poison)) === 1);
    expect((await poison.receiveMessages()).receivedMessageItems[0]?.messageText).toBe(text);
    expect(host.lines.join('\n')).not.toContain('Executing');
  });

  it('that is not UTF-8 fails like one whose function throws', async () => {
    await start();
    await queue.sendMessage(Buffer.from([0xff, 0xfe, 0x80]).toString('base64'));
    await host.line(/is not valid UTF-8/);
    await until(async () => (await poison.exists()) && (await held(poison)) === 1);
  });

  it('is taken as it is where host.json says none', async () => {
    await start({ AzureFunctionsJobHost__extensions__queues__messageEncoding: 'none' });
    await queue.sendMessage('{"plain":"<&>"}');
    expect((await told(/plain/)).message).toEqual({ plain: '<&>' });
  });
});

test('no more are worked on at once than a batch and the threshold', async () => {
  await start();
  for (let n = 0; n < 12; n++) await send({ hold: true, n });
  let most = 0;
  let done = 0;
  while (done < 12) {
    const reply = JSON.parse((await host.request('GET', '/api/letGo')).body.toString());
    most = reply.most;
    done = host.lines.filter((line) => line.includes("Executed 'Functions.work' (Succeeded")).length;
  }
  // 4 + 2 of host.json.
  expect(most).toBeLessThanOrEqual(6);
  expect(most).toBeGreaterThan(2);
  await until(async () => (await held(queue)) === 0);
});

test('a message that a host was killed over comes to its next start when the lease ends', async () => {
  await start();
  await send({ hold: true });
  const { metadata } = await told(/"hold":true/);
  host.kill('SIGKILL');
  await host.exit;
  expect(await held(queue)).toBe(1);
  await start();
  // Nobody waits ten minutes here: the lease ends now.
  await queue.updateMessage(metadata.id, metadata.popReceipt, base64({ again: true }), 0);
  expect((await told(/"again":true/)).metadata.dequeueCount).toBe(2);
});

test('a host that stops gives back what is still worked on when its patience is over', async () => {
  await start();
  await send({ hold: true });
  await told(/"hold":true/);
  await host.stop(true);
  await start();
  expect((await told(/"hold":true/)).metadata.dequeueCount).toBe(2);
  await host.request('GET', '/api/letGo');
  await until(async () => (await held(queue)) === 0);
});

test('a message that ends while the host stops is deleted', async () => {
  await start();
  await send({ hold: true });
  await told(/"hold":true/);
  const reply = host.request('GET', '/api/letGo');
  await reply;
  host.kill('SIGTERM');
  await host.exit;
  expect(await held(queue)).toBe(0);
});

test('a function runs out of turn on a message made of the input', async () => {
  await start();
  const body = JSON.stringify({ input: '{"by":"hand"}' });
  expect(
    (await host.request('POST', '/admin/functions/work', { 'content-type': 'application/json' }, body)).status,
  ).toBe(202);
  const { message, metadata } = await told(/"by":"hand"/);
  expect(message).toEqual({ by: 'hand' });
  expect(metadata).toMatchObject({ dequeueCount: 0, expirationTime: '9999-12-31T23:59:59.9999999+00:00' });
});

test('storage that cannot be reached is told once, without its key, and read once it is there', async () => {
  const later = await startQueues();
  await later.stop();
  await start({ Queues: later.connectionString });
  await host.line(/Queue 'work\d+': .*ECONNREFUSED/);
  const again = await startQueues(later.port);
  try {
    const there = QueueServiceClient.fromConnectionString(again.connectionString).getQueueClient(name);
    await there.create();
    await there.sendMessage(base64('at last'));
    await told(/"at last"/);
    // Before it is stopped: that may be told as well.
    const lines = host.lines.join('\n');
    expect(lines.match(/ECONNREFUSED/g)).toHaveLength(1);
    expect(lines).not.toContain(/AccountKey=([^;]+)/.exec(again.connectionString)?.[1]);
  } finally {
    await again.stop();
  }
});

describe('the output', () => {
  const output = (value: unknown, to?: string) => host.request('POST', '/api/send', {}, JSON.stringify({ to, value }));

  it('is a message each, in a queue that is made where it is missing', async () => {
    await start();
    expect((await output(['a', { b: 1 }])).status).toBe(201);
    expect((await output('text')).status).toBe(201);
    expect((await output(7)).status).toBe(201);
    const sent = service.getQueueClient('sent');
    const { receivedMessageItems } = await sent.receiveMessages({ numberOfMessages: 32 });
    const bodies = receivedMessageItems.map(({ messageText }) => Buffer.from(messageText, 'base64').toString());
    expect(bodies).toEqual(['a', '{"b":1}', 'text', '7']);
  });

  it('wakes the reader of its queue', async () => {
    await start({ AzureFunctionsJobHost__extensions__queues__maxPollingInterval: '00:10:00' });
    await output({ round: 'trip' }, 'back');
    expect((await told(/"round":"trip"/)).message).toEqual({ round: 'trip' });
  });
});

import { type QueueClient, QueueServiceClient } from '@azure/storage-queue';
import { createServices, needQueue } from '../../src/app/services';
import { readSettings } from '../../src/app/settings';
import { parseTagMessage, sendNew } from '../../src/tagJobs/messages';
import { startQueues, type TestStorage } from '../support/azurite';
import { buildReal, describeReal } from './dotnet';
import { killReal, type RealProcess, startReal } from './realProcess';

describeReal('the queue extension', () => {
  let storage: TestStorage;
  let client: QueueServiceClient;
  let queues = 0;
  let name: string;
  let trigger: RealProcess;

  beforeAll(async () => {
    buildReal();
    storage = await startQueues();
    client = QueueServiceClient.fromConnectionString(storage.connectionString);
  }, 120_000);
  beforeEach(async () => {
    name = `tag-jobs-${++queues}`;
    await client.createQueue(name);
    trigger = startReal(['queue', storage.connectionString, name]);
    expect(await trigger.next()).toEqual({ event: 'listening' });
  });
  afterEach(killReal);
  afterAll(() => storage.stop());

  const app = () =>
    needQueue(createServices(readSettings({ TagJobs: storage.connectionString, TAG_JOBS_QUEUE: name })));

  test('takes what the app sends', async () => {
    await sendNew(app(), { kind: 'chunk', jobId: 'job-1', number: 7 });
    const { message, ...rest } = await trigger.next<{ message: string }>();
    expect(rest).toEqual({ event: 'taken', dequeueCount: 1 });
    expect(parseTagMessage(JSON.parse(message))).toEqual({ kind: 'chunk', jobId: 'job-1', number: 7, attempt: 0 });
  });

  test('puts a message aside after five tries', async () => {
    const message = { kind: 'chunk', jobId: 'fail', number: 0, attempt: 0 };
    await app().send(message);
    const text = JSON.stringify(message);
    for (const dequeueCount of [1, 2, 3, 4, 5]) {
      expect(await trigger.next()).toEqual({ event: 'taken', message: text, dequeueCount });
    }
    expect(await trigger.next()).toEqual({ event: 'put aside', message: text });
  });

  test('takes base64 in lines that end with CRLF', async () => {
    const text = JSON.stringify({ kind: 'list', jobId: 'job-1', number: 0, attempt: 0 });
    const base64 = Buffer.from(text).toString('base64').replace(/.{20}/g, '$&\r\n');
    await client.getQueueClient(name).sendMessage(base64);
    expect(await trigger.next()).toEqual({ event: 'taken', message: text, dequeueCount: 1 });
  });

  test('puts what is not base64 aside at once', async () => {
    await client.getQueueClient(name).sendMessage('{"kind":"chunk"}');
    await untilThereIsOne(client.getQueueClient(`${name}-poison`));
    await app().send({ next: true });
    expect(await trigger.next()).toEqual({ event: 'taken', message: '{"next":true}', dequeueCount: 1 });
  });

  test('puts messages that the app reads', async () => {
    const text = JSON.stringify({ kind: 'chunk', jobId: 'job-1', number: 7, attempt: 0 });
    trigger.send(text);
    expect(await trigger.next()).toEqual({ event: 'put' });
    const { receivedMessageItems } = await client.getQueueClient(`${name}-out`).receiveMessages();
    const [{ messageText = '' } = {}] = receivedMessageItems;
    expect(Buffer.from(messageText, 'base64').toString()).toBe(text);
  });
});

/** Storage tells nobody of a message: who waits for one asks again. */
async function untilThereIsOne(queue: QueueClient): Promise<void> {
  while (!(await queue.exists()) || (await queue.getProperties()).approximateMessagesCount === 0);
}

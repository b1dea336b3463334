import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { QueueClient } from '@azure/storage-queue';
import { startEmulator, type TestEmulator } from '../../emulator/tests/support/emulator';
import { endpoint } from '../../src/api/http/endpoint';
import { createServices, type Services } from '../../src/app/services';
import { type Environment, readSettings } from '../../src/app/settings';
import { Hub } from '../../src/azure/hub/hub';
import { parseConnectionString } from '../../src/azure/hub/hubAddress';
import { HubConnection } from '../../src/azure/hub/hubConnection';
import { quotasOf } from '../../src/azure/hub/quotas';
import { tagJob } from '../../src/functions/tagJob';
import { tagTwins } from '../../src/functions/tagTwins';
import { workTagJobs } from '../../src/functions/workTagJobs';
import type { JobDocument } from '../../src/tagJobs/tagJob';
import { startQueues, startTables } from '../support/azurite';
import { call, type HttpAnswer, recordingContext } from './functionCalls';

/** The functions of tag jobs, with a hub, tables and a queue of their own. */
export interface TagJobsSetup {
  emulator: TestEmulator;
  services: Services;
  queue: QueueClient;
  servicesWith(env: Environment): Services;
  stop(): Promise<void>;
}

export async function startTagJobs(simulated = 0): Promise<TagJobsSetup> {
  const [emulator, tables, queues] = await Promise.all([startEmulator({ simulated }), startTables(), startQueues()]);
  const { IOTHUB_CONNECTION_STRING = '', NODE_EXTRA_CA_CERTS = '' } = emulator.hub.env;
  const connection = new HubConnection(parseConnectionString(IOTHUB_CONNECTION_STRING), {
    ca: readFileSync(NODE_EXTRA_CA_CERTS, 'utf8'),
    quotas: quotasOf('S3', 10),
  });
  const storage = { TWIN_TABLES_CONNECTION_STRING: tables.connectionString, TagJobs: queues.connectionString };
  const servicesWith = (env: Environment): Services => ({
    ...createServices(readSettings({ ...storage, ...env })),
    hub: (deadlineMs, options) => new Hub(connection, deadlineMs, options),
  });
  const queue = new QueueClient(queues.connectionString, 'tag-jobs');
  await queue.createIfNotExists();
  return {
    emulator,
    services: servicesWith({}),
    queue,
    servicesWith,
    async stop() {
      await Promise.all([emulator.stop(), tables.stop(), queues.stop()]);
    },
  };
}

/** What {@link post} sends beside the body. */
export interface PostOptions {
  type?: string;
  headers?: Record<string, string>;
  query?: Record<string, string>;
}

/** Calls `tagTwins`; an object is sent as JSON. */
export function post(
  services: Services,
  body: object | string | Buffer,
  { type = 'application/json', headers = {}, query = {} }: PostOptions = {},
): Promise<HttpAnswer> {
  const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return call(endpoint(tagTwins, services), {
    method: 'POST',
    headers: { 'content-type': type, ...headers },
    query,
    body: typeof text === 'string' ? { string: text } : { bytes: text },
  });
}

/** Calls `tagJob`. */
export function ask(
  services: Services,
  jobId: string,
  method: 'GET' | 'DELETE' = 'GET',
  query: Record<string, string> = {},
): Promise<HttpAnswer> {
  return call(endpoint(tagJob, services), { method, params: { jobId }, query });
}

/** The job that an answer tells of. */
export function jobOf({ body }: HttpAnswer): JobDocument {
  return body as unknown as JobDocument;
}

/** Works one message that is there, as the host would; what was logged, undefined where there was none. */
export async function workOne(queue: QueueClient, services: Services): Promise<string[] | undefined> {
  const [message] = (await queue.receiveMessages()).receivedMessageItems;
  if (!message) return undefined;
  const { context, logged } = recordingContext();
  await workTagJobs(JSON.parse(Buffer.from(message.messageText, 'base64').toString()), context, services);
  await queue.deleteMessage(message.messageId, message.popReceipt);
  return logged;
}

/** Works messages until the queue holds none, and waits for those that went back with a delay; what was logged. */
export async function workAll(queue: QueueClient, services: Services): Promise<string[]> {
  const logged: string[] = [];
  for (;;) {
    const lines = await workOne(queue, services);
    if (lines) logged.push(...lines);
    else if ((await queue.getProperties()).approximateMessagesCount === 0) return logged;
    else await sleep(100);
  }
}

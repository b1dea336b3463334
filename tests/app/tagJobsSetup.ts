import { readFileSync } from 'node:fs';
import { startEmulator, type TestEmulator } from '../../emulator/tests/support/emulator';
import { endpoint } from '../../src/api/http/endpoint';
import { createServices, type Services } from '../../src/app/services';
import { type Environment, readSettings } from '../../src/app/settings';
import { Hub } from '../../src/azure/hub/hub';
import { parseConnectionString } from '../../src/azure/hub/hubAddress';
import { HubConnection } from '../../src/azure/hub/hubConnection';
import { quotasOf } from '../../src/azure/hub/quotas';
import { tagJob } from '../../src/functions/tagJob';
import { tagJobOutcomes } from '../../src/functions/tagJobOutcomes';
import { tagTwins } from '../../src/functions/tagTwins';
import { undoChange } from '../../src/functions/undoChange';
import { undoJob } from '../../src/functions/undoJob';
import { workTagJobs } from '../../src/functions/workTagJobs';
import type { JobDocument } from '../../src/tagJobs/tagJob';
import { MemoryQueue } from '../support/memoryQueue';
import { memoryTables } from '../support/memoryTables';
import { call, type HttpAnswer, keepingIn, recordingContext } from './functionCalls';

/** The functions of tag jobs, with a hub, tables and a queue of their own. */
export interface TagJobsSetup {
  emulator: TestEmulator;
  services: Services;
  queue: MemoryQueue;
  servicesWith(env: Environment): Services;
  stop(): Promise<void>;
}

export async function startTagJobs(simulated = 0): Promise<TagJobsSetup> {
  const emulator = await startEmulator({ simulated });
  const { IOTHUB_CONNECTION_STRING = '', NODE_EXTRA_CA_CERTS = '' } = emulator.hub.env;
  const connection = new HubConnection(parseConnectionString(IOTHUB_CONNECTION_STRING), {
    ca: readFileSync(NODE_EXTRA_CA_CERTS, 'utf8'),
    quotas: quotasOf('S3', 10),
  });
  const tables = memoryTables();
  const queue = new MemoryQueue();
  const hub: Services['hub'] = (deadlineMs, options) => new Hub(connection, deadlineMs, options);
  const servicesWith = (env: Environment): Services =>
    keepingIn(tables, { ...createServices(readSettings(env)), hub, queue: () => queue });
  return { emulator, services: servicesWith({}), queue, servicesWith, stop: () => emulator.stop() };
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

/** Calls `tagJobOutcomes`. */
export function askOutcomes(
  services: Services,
  jobId: string,
  query: Record<string, string> = {},
  accept = 'application/json',
): Promise<HttpAnswer> {
  const url = `http://localhost/api/tagJobs/${jobId}/outcomes?${new URLSearchParams(query)}`;
  return call(endpoint(tagJobOutcomes, services), {
    method: 'GET',
    url,
    params: { jobId },
    query,
    headers: { accept },
  });
}

/** Calls `undoJob`, or `undoChange` where a device and the id of a change are named. */
export function askUndo(
  services: Services,
  what: { jobId: string } | { deviceId: string; id: string },
  query: Record<string, string> = {},
  { body, headers = {} }: { body?: object; headers?: Record<string, string> } = {},
): Promise<HttpAnswer> {
  return call(endpoint('jobId' in what ? undoJob : undoChange, services), {
    method: 'POST',
    params: { ...what },
    query,
    headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: { string: JSON.stringify(body) } } : {}),
  });
}

/** The job that an answer tells of. */
export function jobOf({ body }: HttpAnswer): JobDocument {
  return body as unknown as JobDocument;
}

/** Works one message that is there, as the host would; what was logged, undefined where there was none. */
export async function workOne(queue: MemoryQueue, services: Services): Promise<string[] | undefined> {
  const received = queue.receive();
  if (!received) return undefined;
  const { context, logged } = recordingContext();
  await workTagJobs(received.message, context, services);
  queue.delete(received);
  return logged;
}

/** Works messages until the queue holds none, those that went back with a delay too; what was logged. */
export async function workAll(queue: MemoryQueue, services: Services): Promise<string[]> {
  const logged: string[] = [];
  for (;;) {
    const lines = await workOne(queue, services);
    if (lines) logged.push(...lines);
    else if (!queue.skipDelay()) return logged;
  }
}

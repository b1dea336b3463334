import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Disturbance } from '../faults/disturbance';
import type { Hub } from '../iotHub';
import type { Gate } from '../limits/gate';
import type { AccessControl } from '../security/accessControl';
import { HubError } from '../service/hubError';
import type { Json } from '../service/types';
import { readBody } from '../wire/readBody';
import { type Reply, send } from '../wire/reply';
import type { Target } from '../wire/target';
import { disturb } from './disturb';
import { type ErrorShape, errorReply } from './errorReply';
import type { Handler } from './httpsServer';
import { type NotServed, notServed } from './notServed';
import { operations } from './operations';
import type { Operation } from './operations/operation';
import { passageOf } from './passage';

/** Longest body that the service API takes, in bytes: twins and bulk operations stay far below. */
const maxBodyBytes = 512 * 1024;

/** What the service API is over. */
export interface ServiceApiOptions {
  hub: Hub;
  access: AccessControl;
  gate: Gate;
  /** The shape of errors about twins, methods and jobs, where it is not to be the usual one. */
  errorShape?: ErrorShape | undefined;
  log: (line: string) => void;
}

/** The service's REST API over one hub: takes whatever comes. */
export function serviceApi(options: ServiceApiOptions): Handler {
  const { errorShape, log } = options;
  return (request, response, target) => {
    const requestId = randomUUID();
    void answer(options, request, target)
      .catch((error: unknown) => {
        if (error instanceof Disturbance) return disturb(error, response);
        const shape = isOfBackend(target) ? errorShape : undefined;
        const reply = errorReply(error, { requestId, isRegistry: isOfRegistry(target), shape });
        // A caller that hung up in the middle is no failure of ours, nor is an answer that was asked for.
        const failed = reply.status === 500 && !(error instanceof HubError) && !response.destroyed;
        if (failed) log(`${request.method} failed: ${error instanceof Error ? error.stack : error}`);
        return reply;
      })
      .then((reply) => reply && send(response, withHeaders(reply, requestId)));
    return true;
  };
}

async function answer(
  { hub, access, gate }: ServiceApiOptions,
  request: IncomingMessage,
  target: Target,
): Promise<Reply> {
  const { method = '' } = request;
  const { path } = target;
  const segments = path.split('/').filter(Boolean).map(decodeSegment);
  const operation = likely(method, segments).find((each) => matches(each, segments));
  const known = operation ? undefined : notServed.find((each) => each.path.test(path));
  const { authorization } = request.headers;
  if (!known?.ofDevices) await access.authorize({ method, path, segments, authorization }, operation?.right);
  if (!operation) throw unknownOperation(method, path, known);
  const parameters = segments.filter((_, index) => operation.path[index] === '*');
  const bytes = await readBody(request, maxBodyBytes);
  const body = parseBody(bytes);
  const run = () => operation.run({ hub, parameters, query: target.query, headers: request.headers, body });
  return gate.pass(passageOf(operation, body, bytes.length), run);
}

/** What real hubs send with every answer (recorded: azure-sdk-for-net, `SessionRecords` of `Azure.IoT.Hub.Service`). */
function withHeaders({ headers, ...reply }: Reply, requestId: string): Reply {
  const usual = { vary: 'Origin', server: 'Microsoft-HTTPAPI/2.0', 'x-ms-request-id': requestId };
  return { ...reply, headers: { ...usual, ...(reply.status === 204 ? { 'content-length': 0 } : {}), ...headers } };
}

/** What the service's gateway hands on to others, whose errors may come in a shape of their own. */
function isOfBackend({ path }: Target): boolean {
  return /^\/(twins|jobs)\//.test(path);
}

function isOfRegistry({ path }: Target): boolean {
  return /^\/devices(?!\/query\b)/.test(path);
}

/** Operations by their method, the first segment of their path, and how many it has. */
const table = new Map<string, Operation[]>();
for (const operation of operations) {
  const { method, path } = operation;
  const key = `${method} ${path[0]} ${path.length}`;
  table.set(key, [...(table.get(key) ?? []), operation]);
}

function likely(method: string, segments: readonly string[]): readonly Operation[] {
  return table.get(`${method} ${segments[0]} ${segments.length}`) ?? [];
}

function matches({ path }: Operation, segments: string[]): boolean {
  return path.every((part, index) => part === '*' || part === segments[index]);
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new HubError('GenericBadRequest', 'The path has a broken percent-encoding.');
  }
}

function unknownOperation(method: string, path: string, known?: NotServed): HubError {
  return known
    ? new HubError('NotImplemented', `This emulator does not serve ${known.what}.`)
    : new HubError('ResourceNotFound', `There is no ${method} ${path}.`);
}

function parseBody(bytes: Buffer): Json | undefined {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw new HubError('DeserializationError', 'The body is not JSON.');
  }
}

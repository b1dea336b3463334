import type { IncomingMessage } from 'node:http';
import type { Hub } from '../hub/hub';
import { HubError } from '../hub/hubError';
import type { Json } from '../hub/types';
import type { AccessControl } from '../security/accessControl';
import { errorReply } from './errorReply';
import type { Handler } from './httpsServer';
import { type NotServed, notServed } from './notServed';
import type { Operation } from './operation';
import { operations } from './operations';
import { readBody } from './readBody';
import { type Reply, send } from './reply';
import { readTarget } from './target';

/** Longest body that the service API takes, in bytes: twins and bulk operations stay far below. */
const maxBodyBytes = 512 * 1024;

/** The service's REST API over one hub: takes whatever comes. */
export function serviceApi(hub: Hub, access: AccessControl, log: (line: string) => void): Handler {
  return (request, response) => {
    void answer(hub, access, request)
      .catch((error: unknown) => {
        const reply = errorReply(error);
        // A caller that hung up in the middle is no failure of ours.
        const failed = reply.status === 500 && !response.destroyed;
        if (failed) log(`${request.method} failed: ${error instanceof Error ? error.stack : error}`);
        return reply;
      })
      .then((reply) => send(response, reply));
    return true;
  };
}

async function answer(hub: Hub, access: AccessControl, request: IncomingMessage): Promise<Reply> {
  const { path, query } = readTarget(request);
  const segments = path.split('/').filter(Boolean).map(decodeSegment);
  const operation = operations.find((each) => each.method === request.method && matches(each, segments));
  const known = operation ? undefined : notServed.find((each) => each.path.test(path));
  if (!known?.ofDevices) access.authorize(request.headers.authorization, operation?.right, segments);
  if (!operation) throw unknownOperation(request.method, path, known);
  const parameters = segments.filter((_, index) => operation.path[index] === '*');
  const body = parseBody(await readBody(request, maxBodyBytes));
  return operation.run({ hub, parameters, query, headers: request.headers, body });
}

function matches({ path }: Operation, segments: string[]): boolean {
  return path.length === segments.length && path.every((part, index) => part === '*' || part === segments[index]);
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new HubError('GenericBadRequest', 'The path has a broken percent-encoding.');
  }
}

function unknownOperation(method = '', path: string, known?: NotServed): HubError {
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

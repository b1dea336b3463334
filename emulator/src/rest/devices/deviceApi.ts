import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { Disturbance } from '../../faults/disturbance';
import { idOf } from '../../hub/identity';
import type { Hub } from '../../iotHub';
import type { Gate } from '../../limits/gate';
import type { AccessControl } from '../../security/accessControl';
import { clientCertificate } from '../../security/clientCertificate';
import { HubError } from '../../service/hubError';
import { readBody } from '../../wire/readBody';
import { type Reply, send } from '../../wire/reply';
import { disturb } from '../disturb';
import { errorReply } from '../errorReply';
import type { Handler } from '../httpsServer';
import { readEvents } from './events';
import { writeMessage } from './messageHeaders';

/** What devices over HTTPS are served from. */
export interface DeviceApiOptions {
  hub: Hub;
  access: AccessControl;
  gate: Gate;
  log: (line: string) => void;
}

/** A request of a device that proved who it is. */
interface Call extends DeviceApiOptions {
  id: string;
  lockToken: string;
  query: URLSearchParams;
  request: IncomingMessage;
}

/** What a device is answered: a reply, or a message. */
type Answer = Reply | ((response: ServerResponse) => void);

/** Longest request with events, in bytes: 256 KB, as base64 within JSON. */
const maxBodyBytes = 512 * 1024;

const done: Reply = { status: 204 };

const operations: Readonly<Record<string, (call: Call) => Promise<Answer>>> = {
  'POST events': takeEvents,
  'GET devicebound': giveMessage,
  'DELETE devicebound/lock': settle,
  'POST devicebound/lock/abandon': abandon,
};

/** Devices and modules that speak no more than HTTPS: they send events, and ask for messages (REST reference, "Device"). */
export function deviceApi(options: DeviceApiOptions): Handler {
  return (request, response, target) => {
    const [, deviceId, moduleId, rest = ''] =
      /^\/devices\/([^/]+)\/(?:modules\/([^/]+)\/)?messages\/(.+)$/.exec(target.path) ?? [];
    if (deviceId === undefined) return false;
    const { query } = target;
    const ids = { deviceId, ...(moduleId === undefined ? {} : { moduleId }) };
    const requestId = randomUUID();
    void answer(options, request, { ids, rest, query })
      .catch((error: unknown) => {
        if (error instanceof Disturbance) return disturb(error, response);
        const reply = errorReply(error, { requestId, isRegistry: false });
        const failed = reply.status === 500 && !(error instanceof HubError) && !response.destroyed;
        if (failed) options.log(`${request.method} failed: ${error instanceof Error ? error.stack : error}`);
        return reply;
      })
      .then((reply) => (typeof reply === 'function' ? reply(response) : reply && send(response, reply)));
    return true;
  };
}

interface Target {
  /** Percent-encoded. */
  ids: { deviceId: string; moduleId?: string };
  /** What follows `messages/`. */
  rest: string;
  query: URLSearchParams;
}

async function answer(options: DeviceApiOptions, request: IncomingMessage, target: Target): Promise<Answer> {
  const { access, hub } = options;
  const id = readId(target.ids);
  const password = request.headers.authorization ?? '';
  access.admit(hub, id, { password, certificate: () => clientCertificate(request.socket as TLSSocket) });
  const [endpoint = '', lockToken = '', ...verb] = target.rest.split('/');
  const name = [endpoint, ...(lockToken ? ['lock'] : []), ...verb].join('/').toLowerCase();
  const operation = operations[`${request.method} ${name}`];
  if (!operation) throw new HubError('ResourceNotFound', `There is no ${request.method} messages/${target.rest}.`);
  return operation({ ...options, id, lockToken, query: target.query, request });
}

/** @throws HubError GenericBadRequest */
function readId({ deviceId, moduleId }: Target['ids']): string {
  try {
    const ids = [deviceId, ...(moduleId === undefined ? [] : [moduleId])].map(decodeURIComponent);
    if (!ids.some((each) => each.includes('/'))) {
      return idOf({ deviceId: ids[0] ?? '', ...(ids[1] === undefined ? {} : { moduleId: ids[1] }) });
    }
  } catch {
    // Said below.
  }
  throw new HubError('GenericBadRequest', 'The path names no device.');
}

async function takeEvents({ hub, gate, id, request }: Call): Promise<Answer> {
  const events = readEvents(request, await readBody(request, maxBodyBytes));
  for (const { properties, body } of events) {
    await gate.takeTelemetry(body.length);
    hub.telemetry(id, properties, body);
  }
  return done;
}

function giveMessage({ hub, gate, id, query }: Call): Promise<Answer> {
  const lockSeconds = Number(query.get('messageLockTimeout') ?? Number.NaN);
  const lockMs = lockSeconds > 0 ? lockSeconds * 1000 : undefined;
  return gate.pass({ kind: 'messageReceive', name: 'MessageReceive' }, () => {
    const given = hub.messages.receive(id, lockMs);
    return given ? (response: ServerResponse) => writeMessage(response, given) : done;
  });
}

async function settle({ hub, id, lockToken, query }: Call): Promise<Answer> {
  await hub.messages[query.has('reject') ? 'reject' : 'complete'](id, lockToken);
  return done;
}

async function abandon({ hub, id, lockToken }: Call): Promise<Answer> {
  await hub.messages.abandon(id, lockToken);
  return done;
}

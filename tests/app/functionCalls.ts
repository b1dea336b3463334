import { format } from 'node:util';
import { type HttpHandler, HttpRequest, type HttpRequestInit, InvocationContext } from '@azure/functions';
import { openRecords, type Services } from '../../src/app/services';
import { type Environment, need, readSettings } from '../../src/app/settings';
import { Hub } from '../../src/azure/hub/hub';
import { HubConnection } from '../../src/azure/hub/hubConnection';
import type { Tables } from '../../src/azure/tables/tables';
import type { Json } from '../../src/json';
import type { ScriptedHub } from './scriptedHub';

/** Services that talk to the scripted hub. */
export function servicesOf({ port, ca }: ScriptedHub, env: Environment = {}): Services {
  const credential = { kind: 'key', policy: 'service', key: Buffer.from('secret').toString('base64') } as const;
  const connection = new HubConnection({ host: 'localhost', port, credential }, { ca });
  return {
    settings: readSettings(env),
    hub: (deadlineMs, options) => new Hub(connection, deadlineMs, options),
    records: () => undefined,
    queue: () => undefined,
  };
}

/** Services that keep what they keep in these tables. */
export function keepingIn(tables: Tables, services: Services): Services {
  const records = openRecords(tables, need(services.settings.location));
  return { ...services, records: () => records };
}

/** What fake timers leave alone where only the clock is wrong. */
export const allButDate = [
  ...(['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'setInterval', 'setTimeout'] as const),
  ...(['clearImmediate', 'clearInterval', 'clearTimeout'] as const),
];

/** A context that keeps what is logged, as `level: text`. */
export function recordingContext(triggerMetadata: Record<string, unknown> = {}, traceParent?: string) {
  const logged: string[] = [];
  const context = new InvocationContext({
    functionName: 'underTest',
    triggerMetadata,
    ...(traceParent ? { traceContext: { traceParent } } : {}),
    logHandler: (level, ...args) => logged.push(`${level}: ${format(...args)}`),
  });
  return { context, logged };
}

/** What an HTTP function answered. */
export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: Json;
  logged: string[];
}

/** Calls an HTTP function as the host does, and reads its answer, JSON or text. */
export async function call(
  handler: HttpHandler,
  request: Omit<HttpRequestInit, 'url'> & { url?: string },
): Promise<HttpAnswer> {
  const { context, logged } = recordingContext();
  const {
    status = 200,
    headers,
    jsonBody,
    body,
  } = (await handler(new HttpRequest({ url: 'http://localhost/api', ...request }), context)) as {
    status?: number;
    headers?: Record<string, string>;
    jsonBody?: Json;
    body?: string;
  };
  const isText = /^(text\/csv|application\/x-ndjson)/.test(headers?.['content-type'] ?? '');
  return {
    status,
    headers: headers ?? {},
    body: jsonBody ?? (isText ? (body ?? '') : JSON.parse(body ?? 'null')),
    logged,
  };
}

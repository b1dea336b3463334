import type { IncomingMessage } from 'node:http';
import { type Json, readJson, writeJson } from '../dotnet/newtonsoft';
import { encodeMembers, textOf } from '../dotnet/systemTextJson';
import type { HostFunction } from '../hostFunction';
import type { HttpReply } from '../http/httpTrigger';
import { readBody } from '../readBody';

type JsonObject = Map<string, Json>;

const reason = 'EventGrid trigger fired';

/** Runs an Event Grid function on one event. */
export async function runOnEvent(fn: HostFunction, event: JsonObject): Promise<void> {
  const data = event.get('data');
  const metadata = data === undefined ? {} : { data: { json: writeJson(data) } };
  await fn.invoke({ data: { json: writeJson(event) }, metadata }, reason);
}

/**
 * The webhook of the Event Grid extension: `/runtime/webhooks/EventGrid?functionName=NAME`. Each event of a delivery is
 * an invocation of its own, all at once; where one fails, the whole delivery is answered with 500 and comes again. The
 * extension knows the schema of a .NET function's events and answers 409 to the handshake of another; of Node's it does not.
 *
 * @throws Error where the body is not what it must be, to which the host answers 500.
 */
export async function receiveEvents(
  request: IncomingMessage,
  query: URLSearchParams,
  functions: readonly HostFunction[],
): Promise<HttpReply> {
  const name = query.get('functionName') ?? '';
  const fn = functions.find((each) => isEventGrid(each) && each.name === name);
  if (!fn || fn.disabled) return text(404, `cannot find function: '${name}'`);
  // The handshake of CloudEvents.
  if (request.method === 'OPTIONS')
    return { status: 200, headers: { 'webhook-allowed-origin': 'eventgrid.azure.net' } };
  switch (String(request.headers['aeg-event-type']).toLowerCase()) {
    case 'subscriptionvalidation':
      return validate(await readBody(request));
    case 'notification':
      return notify(fn, await readBody(request));
    case 'unsubscribe':
      return { status: 202 };
    default:
      return { status: 400 };
  }
}

export function isEventGrid({ trigger }: HostFunction): boolean {
  return trigger.type.toLowerCase() === 'eventgridtrigger';
}

/** The handshake of the Event Grid schema, which the host answers without the function. */
function validate(body: Buffer): HttpReply {
  const json = readJson(body.toString(), { dates: false });
  const data = member(Array.isArray(json) ? json[0] : json, 'data');
  // In CloudEvents, the data may be JSON in a string.
  const code = member(isText(data) ? readJson(textOf(data)) : data, 'validationCode');
  if (!isText(code)) throw new Error('A subscription validation needs data.validationCode.');
  return text(200, encodeMembers([['validationResponse', code]]));
}

async function notify(fn: HostFunction, body: Buffer): Promise<HttpReply> {
  const json = readJson(body.toString());
  const events = (Array.isArray(json) ? json : [json]).map(toEvent);
  const outcomes = await Promise.allSettled(events.map((event) => runOnEvent(fn, event)));
  const isFailed = outcomes.some(({ status }) => status === 'rejected');
  return isFailed ? text(500, `Exception while executing function: Functions.${fn.name}`) : { status: 202 };
}

/** @throws Error where it is none. */
export function toEvent(json: Json): JsonObject {
  if (json instanceof Map) return json;
  throw new Error('An event must be a JSON object.');
}

function member(json: Json | undefined, name: string): Json | undefined {
  return json instanceof Map ? json.get(name) : undefined;
}

function isText(json: Json | undefined): json is string {
  return typeof json === 'string' && json.startsWith('"');
}

function text(status: number, body: string): HttpReply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

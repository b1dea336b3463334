import type { IncomingMessage } from 'node:http';
import * as z from 'zod/mini';
import type { HostFunction } from '../hostFunction';
import type { HttpReply } from '../http/httpTrigger';
import { readBody } from '../http/readBody';

const object = z.record(z.string(), z.unknown());
const validationData = z.object({ validationCode: z.string() });
/** In CloudEvents, the data may be JSON in a string. */
const validation = z.object({
  data: z.pipe(
    z.transform((data) => (typeof data === 'string' ? parseJson(Buffer.from(data)) : data)),
    validationData,
  ),
});
const reason = 'EventGrid trigger fired';

/** Runs an Event Grid function on one event. */
export async function runOnEvent(fn: HostFunction, event: Record<string, unknown>): Promise<void> {
  const data = event.data === undefined ? {} : { data: { json: JSON.stringify(event.data) } };
  await fn.invoke({ data: { json: JSON.stringify(event) }, metadata: data }, reason);
}

/**
 * The webhook of the Event Grid extension: `/runtime/webhooks/EventGrid?functionName=NAME`. Each event of a delivery is
 * an invocation of its own, all at once; where one fails, the whole delivery is answered with 500 and comes again.
 */
export async function receiveEvents(
  request: IncomingMessage,
  query: URLSearchParams,
  functions: readonly HostFunction[],
): Promise<HttpReply> {
  const name = query.get('functionName') ?? '';
  const fn = functions.find((each) => isEventGrid(each) && each.name.toLowerCase() === name.toLowerCase());
  if (!fn || fn.disabled) return { status: 404, body: `cannot find function: '${name}'` };
  if (request.method === 'OPTIONS') return { status: 200, headers: allowOrigin(request) };
  const body = parseJson(await readBody(request));
  switch (String(request.headers['aeg-event-type']).toLowerCase()) {
    case 'subscriptionvalidation':
      return validate(body);
    case 'notification':
      return notify(fn, body);
    case 'unsubscribe':
      return { status: 202 };
    default:
      return { status: 400 };
  }
}

export function isEventGrid({ trigger }: HostFunction): boolean {
  return trigger.type.toLowerCase() === 'eventgridtrigger';
}

/** The handshake of CloudEvents webhooks. */
function allowOrigin({ headers }: IncomingMessage): Record<string, string> {
  const asked = headers['webhook-request-origin'];
  return { 'webhook-allowed-origin': typeof asked === 'string' ? asked : 'eventgrid.azure.net' };
}

/** The handshake of the Event Grid schema, which the host answers without the function. */
function validate(body: unknown): HttpReply {
  const { success, data: event } = validation.safeParse([body].flat()[0]);
  if (!success) return { status: 400 };
  const answer = JSON.stringify({ validationResponse: event.data.validationCode });
  return { status: 200, headers: { 'content-type': 'application/json' }, body: answer };
}

async function notify(fn: HostFunction, body: unknown): Promise<HttpReply> {
  const { success, data: events } = z.array(object).safeParse([body].flat());
  if (!success) return { status: 400 };
  const outcomes = await Promise.allSettled(events.map((event) => runOnEvent(fn, event)));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (!failed) return { status: 202 };
  return { status: 500, body: failed.reason instanceof Error ? failed.reason.message : String(failed.reason) };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

import { isUtf8 } from 'node:buffer';
import type { TypedData } from '../core/rpc';
import type { QueueOptions } from '../settings';

/** What the service tells of a message, as far as functions get it. */
export interface MessageFacts {
  messageId?: string;
  popReceipt?: string;
  dequeueCount: number;
  insertedOn?: Date;
  expiresOn?: Date;
  nextVisibleOn?: Date;
}

type Encoding = QueueOptions['messageEncoding'];

/** What base64 may have between its letters; the client hands a carriage return on as it stands in XML. */
const between = /\s|&#xD;/g;

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The body of a message; undefined where it is not in the encoding that host.json names. */
export function decodeMessage(text: string, encoding: Encoding): Buffer | undefined {
  if (encoding === 'none') return Buffer.from(text);
  const compact = text.replace(between, '');
  return base64.test(compact) ? Buffer.from(compact, 'base64') : undefined;
}

export function encodeMessage(body: string | Uint8Array, encoding: Encoding): string {
  const bytes = Buffer.from(body);
  return bytes.toString(encoding === 'none' ? 'utf8' : 'base64');
}

/**
 * The body as the worker gets it, and what comes beside it: the message's facts, then the properties of a JSON object,
 * which win where they have the same name. Undefined where the body is not UTF-8.
 */
export function toTriggerInput(body: Buffer, facts: MessageFacts) {
  if (!isUtf8(body)) return undefined;
  const text = body.toString();
  const metadata: Record<string, TypedData> = {
    QueueTrigger: { string: text },
    DequeueCount: { json: String(facts.dequeueCount) },
    ExpirationTime: toTime(facts.expiresOn),
    ...(facts.messageId === undefined ? {} : { Id: { string: facts.messageId } }),
    InsertionTime: toTime(facts.insertedOn ?? new Date()),
    NextVisibleTime: toTime(facts.nextVisibleOn),
    ...(facts.popReceipt === undefined ? {} : { PopReceipt: { string: facts.popReceipt } }),
  };
  for (const [name, value] of propertiesOf(text)) {
    const known = Object.keys(metadata).find((each) => each.toLowerCase() === name.toLowerCase());
    metadata[known ?? name] = value;
  }
  return { data: { string: text }, metadata };
}

/** A `DateTimeOffset` as .NET writes it into JSON; its last moment stands for none. */
function toTime(time: Date | undefined): TypedData {
  const text = time?.toISOString().replace(/(?:\.000)?Z$/, '+00:00') ?? '9999-12-31T23:59:59.9999999+00:00';
  return { json: JSON.stringify(text) };
}

/** Properties of a JSON object on its first level, lists aside, as the host adds them to the binding data. */
function propertiesOf(text: string): [name: string, value: TypedData][] {
  if (!text.trim().startsWith('{')) return [];
  try {
    const parsed: Record<string, unknown> = JSON.parse(text);
    return Object.entries(parsed).flatMap(([name, value]) => {
      if (value === null || Array.isArray(value)) return [];
      return [[name, typeof value === 'object' ? { json: JSON.stringify(value) } : { string: toText(value) }]];
    });
  } catch {
    return [];
  }
}

function toText(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}

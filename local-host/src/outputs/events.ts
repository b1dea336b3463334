import type { TypedData } from '../core/rpc';
import { writeCloudEvent } from '../dotnet/cloudEvent';
import { isEventGridEvent, writeEventGridEvent } from '../dotnet/eventGridEvent';
import { deserializeJson, type Json, readJson } from '../dotnet/newtonsoft';
import { textOf } from '../dotnet/systemTextJson';

const looksLikeJson = /^\s*(?:\{.*\}|\[.*\])\s*$/s;

/** A request to a topic. */
export interface Publication {
  contentType: string;
  body: string;
}

/**
 * What the Event Grid extension makes of a function's output: all of it in one request, in the schema of the first event.
 * Undefined where there is nothing to send.
 *
 * @throws Error where something of it is no event of that schema.
 */
export function toPublication(value: TypedData): Publication | undefined {
  const events = itemsOf(value).map(eventOf);
  const [first] = events;
  if (first === undefined) return undefined;
  // What is neither object nor list is no event to the extension, and no error.
  const isOfEventGrid = first === null || isEventGridEvent(first);
  const write = isOfEventGrid ? writeEventGridEvent : writeCloudEvent;
  return {
    contentType: isOfEventGrid ? 'application/json' : 'application/cloudevents-batch+json; charset=utf-8',
    body: `[${events.map((event) => (event ? write(event) : 'null')).join(',')}]`,
  };
}

/**
 * The elements of an output (`FunctionBinding.ReadAsEnumerable` of the host). What a worker gives as a text is read here,
 * with dates; what it gives as JSON was read when it came, without (`TypedData.ToObject`).
 */
function itemsOf({ json, string, int, double }: TypedData): Json[] {
  if (typeof string === 'string') return looksLikeJson.test(string) ? list(readJson(string)) : [JSON.stringify(string)];
  const number = int ?? double;
  if (typeof number === 'number') return [String(number)];
  const value = deserializeJson(json ?? '', { dates: false });
  return value === 'null' ? [] : list(value);
}

function list(json: Json): Json[] {
  return Array.isArray(json) ? json : [json];
}

/** Each element goes to the extension as a text, which is read again: one event, itself or in a list. */
function eventOf(item: Json): Map<string, Json> | null {
  const json = typeof item === 'string' ? readJson(asText(item), { dates: false }) : item;
  const [event, ...more] = Array.isArray(json) ? json : [json];
  if (more.length > 0) throw new Error('A list of events within a list of events.');
  return event instanceof Map ? event : null;
}

/** `JToken.ToString()`: null is empty, a string is what it says. */
function asText(scalar: string): string {
  if (scalar === 'null') return '';
  return scalar.startsWith('"') ? textOf(scalar) : scalar;
}

import { readDateTimeOffset, writeRoundTrip } from './dateTimeOffset';
import type { Json } from './newtonsoft';
import { encodeMembers, stringMember } from './systemTextJson';

const required = ['id', 'subject', 'eventType', 'dataVersion'] as const;

/** An event of the Event Grid schema has all of these, as strings. */
export function isEventGridEvent(event: ReadonlyMap<string, Json>): boolean {
  return required.every((name) => stringMember(event, name) !== undefined);
}

/**
 * Writes an event of the Event Grid schema again as `EventGridEvent` of Azure.Messaging.EventGrid does: `eventTime` in UTC
 * with seven digits, the members in its order, none but its own.
 *
 * @throws Error where it is none, or has no data.
 */
export function writeEventGridEvent(event: ReadonlyMap<string, Json>): string {
  const text = (name: string): [string, Json] => [name, JSON.stringify(stringMember(event, name))];
  if (!isEventGridEvent(event)) throw new Error(`An event of the Event Grid schema needs ${required.join(', ')}.`);
  const data = event.get('data');
  if (data === undefined) throw new Error('An event of the Event Grid schema needs data.');
  const time = readDateTimeOffset(stringMember(event, 'eventTime') ?? '0001-01-01T00:00:00Z');
  return encodeMembers([
    text('id'),
    ...(stringMember(event, 'topic') === undefined ? [] : [text('topic')]),
    text('subject'),
    ['data', data],
    text('eventType'),
    ['eventTime', JSON.stringify(writeRoundTrip(time))],
    text('dataVersion'),
  ]);
}

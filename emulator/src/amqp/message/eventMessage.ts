import { binarySection, contentOf, endOf, itemsOf, listSection, mapSection, textEntry } from './amqpValues';

/**
 * An event on its way to a partition: the bytes that came, cut where a hub adds its own. So every type that a producer
 * sends comes back as it was, and nothing has to know it.
 */
export interface EventMessage {
  /** The first section, where there is one. */
  header: Buffer;
  /** The entries of the message annotations by name. */
  annotations: ReadonlyMap<string, Buffer>;
  /** The sections after the message annotations. */
  rest: Buffer;
}

/** An event as it is sent. */
export interface EncodedEvent {
  bytes: Buffer;
  /** How many of them are those of its header. */
  headerLength: number;
}

/** Descriptors of the sections of a message, in their order (AMQP 1.0, 3.2). */
const descriptors: Readonly<Record<string, number>> = {
  'amqp:header:list': 0x70,
  'amqp:delivery-annotations:map': 0x71,
  'amqp:message-annotations:map': 0x72,
  'amqp:properties:list': 0x73,
  'amqp:application-properties:map': 0x74,
  'amqp:data:binary': 0x75,
  'amqp:amqp-sequence:list': 0x76,
  'amqp:amqp-value:*': 0x77,
  'amqp:footer:map': 0x78,
};
const [header, deliveryAnnotations, messageAnnotations, properties] = [0x70, 0x71, 0x72, 0x73];
const [applicationProperties, data, sequence, footer] = [0x74, 0x75, 0x76, 0x78];

interface Section {
  code: number;
  value: Buffer;
  /** Of all of it. */
  bytes: Buffer;
  end: number;
}

/** A message of the hub's own. @param fields its properties, in the order of the specification (AMQP 1.0, 3.2.4). */
export function newMessage(
  fields: readonly Buffer[],
  applicationTexts: Readonly<Record<string, string>>,
  body: Buffer,
): EventMessage {
  const entries = Object.entries(applicationTexts).map(([name, value]) => textEntry(name, value));
  const rest = [listSection(properties, fields), mapSection(applicationProperties, entries), binarySection(data, body)];
  return { header: Buffer.alloc(0), annotations: new Map(), rest: Buffer.concat(rest) };
}

/**
 * Reads what a producer sent. Delivery annotations are for the next hop alone (AMQP 1.0, 3.2.2), and stay behind.
 *
 * @throws Error where it is no message.
 */
export function readMessage(bytes: Buffer): EventMessage {
  const sections = sectionsOf(bytes);
  const find = (code: number) => sections.find((section) => section.code === code);
  const annotations = find(messageAnnotations);
  return {
    header: find(header)?.bytes ?? Buffer.alloc(0),
    annotations: annotations ? annotationsOf(annotations.value) : new Map(),
    rest: bytes.subarray(sections.findLast(({ code }) => code <= messageAnnotations)?.end ?? 0),
  };
}

/**
 * Reads a batch: a message whose data sections are messages.
 *
 * @throws Error where it is none.
 */
export function readBatch(bytes: Buffer): EventMessage[] {
  return contentsOfBatch(bytes).map(readMessage);
}

/** The same, each message as it stands there. */
export function contentsOfBatch(bytes: Buffer): Buffer[] {
  const body = sectionsOf(bytes).filter(({ code }) => code >= data && code < footer);
  const contents = body.map(({ code, value }) => (code === data ? contentOf(value) : undefined));
  if (contents.length === 0) throw new TypeError('It has no data sections.');
  return contents.map((content) => {
    if (!content) throw new TypeError('It has a body of another kind than data sections.');
    return content;
  });
}

/** The text of an annotation; undefined where there is none. */
export function annotationText({ annotations }: EventMessage, name: string): string | undefined {
  const entry = annotations.get(name);
  return entry && contentOf(entry.subarray(endOf(entry, 0)))?.toString();
}

/** A message with annotations of the hub in the place of the producer's by those names. */
export function writeMessage(
  { header, annotations, rest }: EventMessage,
  added: Readonly<Record<string, Buffer>>,
): EncodedEvent {
  const all = new Map([...annotations, ...Object.entries(added)]);
  const bytes = Buffer.concat([header, mapSection(messageAnnotations, [...all.values()]), rest]);
  return { bytes, headerLength: header.length };
}

/** The bytes of an event with delivery annotations, whose place is behind the header. */
export function withDeliveryAnnotations({ bytes, headerLength }: EncodedEvent, entries: readonly Buffer[]): Buffer {
  if (entries.length === 0) return bytes;
  const [header, others] = [bytes.subarray(0, headerLength), bytes.subarray(headerLength)];
  return Buffer.concat([header, mapSection(deliveryAnnotations, entries), others]);
}

/** A message with application properties added, or in the place of those by their names. */
export function withProperties(message: EventMessage, added: Readonly<Record<string, string>>): EventMessage {
  const names = Object.entries(added);
  if (names.length === 0) return message;
  const sections = sectionsOf(message.rest);
  const present = sections.find(({ code }) => code === applicationProperties);
  const entries = new Map(present ? annotationsOf(present.value) : []);
  for (const [name, value] of names) entries.set(name, textEntry(name, value));
  const bytesOf = (some: readonly Section[]) => some.map(({ bytes }) => bytes);
  const rest = Buffer.concat([
    ...bytesOf(sections.filter(({ code }) => code < applicationProperties)),
    mapSection(applicationProperties, [...entries.values()]),
    ...bytesOf(sections.filter(({ code }) => code > applicationProperties)),
  ]);
  return { ...message, rest };
}

function sectionsOf(bytes: Buffer): Section[] {
  const sections: Section[] = [];
  for (let at = 0, last = 0; at < bytes.length; ) {
    const section = sectionAt(bytes, at);
    const repeats = section.code === last && (last === data || last === sequence);
    if (section.code <= last && !repeats) throw new TypeError('Its sections are out of order.');
    sections.push(section);
    at = section.end;
    last = section.code;
  }
  return sections;
}

function sectionAt(bytes: Buffer, start: number): Section {
  if (bytes.readUInt8(start) !== 0x00) throw new TypeError('It is no section of a message.');
  const valueAt = endOf(bytes, start + 1);
  const end = endOf(bytes, valueAt);
  const code = codeOf(bytes.subarray(start + 1, valueAt));
  const value = bytes.subarray(valueAt, end);
  // Whoever reads the event has to find all of it.
  if (code === header || code === properties) itemsOf(value, 'list');
  else if (code < data || code === footer) itemsOf(value, 'map');
  return { code, value, bytes: bytes.subarray(start, end), end };
}

function codeOf(descriptor: Buffer): number {
  const isNumber = descriptor[0] === 0x53 || descriptor[0] === 0x80;
  const code = isNumber
    ? Number(`0x${descriptor.toString('hex', 1)}`)
    : (descriptors[contentOf(descriptor)?.toString() ?? ''] ?? 0);
  if (code < header || code > footer) throw new TypeError('It has a section that messages do not have.');
  return code;
}

function annotationsOf(map: Buffer): Map<string, Buffer> {
  const items = itemsOf(map, 'map');
  const keys = items.filter((_, index) => index % 2 === 0);
  return new Map(
    keys.map((key, index) => [
      contentOf(key)?.toString() ?? key.toString('latin1'),
      Buffer.concat([key, items[2 * index + 1] ?? Buffer.alloc(0)]),
    ]),
  );
}

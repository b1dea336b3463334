import fc from 'fast-check';

/** A message in pieces, each the bytes of one section or of several of the body. */
export interface Pieces {
  header: Buffer;
  deliveryAnnotations: Buffer;
  messageAnnotations: Buffer;
  /** Properties, application properties, body and footer. */
  rest: Buffer;
}

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

const fixed = (code: number, width: number) =>
  fc.uint8Array({ minLength: width, maxLength: width }).map((bytes) => Buffer.from([code, ...bytes]));
const short = (code: number, content: Buffer) => Buffer.from([code, content.length, ...content]);
const long = (code: number, content: Buffer) => Buffer.concat([Buffer.from([code]), u32(content.length), content]);
const sized = (codes: readonly [number, number], content: fc.Arbitrary<Buffer>) =>
  fc.tuple(fc.boolean(), content).map(([isShort, bytes]) => (isShort ? short(codes[0], bytes) : long(codes[1], bytes)));
const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((value) => Buffer.from(value));
const name = fc.stringMatching(/^[a-z][a-z-]{0,11}$/).map((value) => Buffer.from(value));
const bytes = fc.uint8Array({ maxLength: 20 }).map((value) => Buffer.from(value));

/** Every primitive type in every encoding (AMQP 1.0, 1.6), numbers of any value, NaN and such included. */
const primitive = fc.oneof(
  fc.constantFrom(0x40, 0x41, 0x42, 0x43, 0x44, 0x45).map((code) => Buffer.from([code])),
  fc.constantFrom(Buffer.from([0x56, 0]), Buffer.from([0x56, 1])),
  ...[0x50, 0x51, 0x52, 0x53, 0x54, 0x55].map((code) => fixed(code, 1)),
  ...[0x60, 0x61].map((code) => fixed(code, 2)),
  ...[0x70, 0x71, 0x72, 0x73, 0x74].map((code) => fixed(code, 4)),
  ...[0x80, 0x81, 0x82, 0x83, 0x84].map((code) => fixed(code, 8)),
  ...[0x94, 0x98].map((code) => fixed(code, 16)),
  sized([0xa0, 0xb0], bytes),
  sized([0xa1, 0xb1], text),
  sized([0xa3, 0xb3], name),
);

function compound(codes: readonly [number, number], isShort: boolean, items: Buffer[]): Buffer {
  const content = Buffer.concat(items);
  if (isShort && content.length < 255) return Buffer.from([codes[0], content.length + 1, items.length, ...content]);
  return Buffer.concat([Buffer.from([codes[1]]), u32(content.length + 4), u32(items.length), content]);
}

const listOf = (item: fc.Arbitrary<Buffer>) =>
  fc
    .tuple(fc.boolean(), fc.array(item, { maxLength: 5 }))
    .map(([isShort, items]) => compound([0xc0, 0xd0], isShort, items));
/** What a name is, whether its length is one byte or four: of equal ones a map may have one (AMQP 1.0, 1.6.23). */
const nameOf = (key: Buffer) => {
  const isLong = [0xb0, 0xb1, 0xb3].includes(key[0] ?? 0);
  const isShort = [0xa0, 0xa1, 0xa3].includes(key[0] ?? 0);
  return isLong || isShort
    ? `${(key[0] ?? 0) & 0xf} ${key.subarray(isLong ? 5 : 2).toString('hex')}`
    : key.toString('hex');
};
const mapOf = (key: fc.Arbitrary<Buffer>, value: fc.Arbitrary<Buffer>) =>
  fc
    .tuple(fc.boolean(), fc.uniqueArray(fc.tuple(key, value), { maxLength: 5, selector: ([of]) => nameOf(of) }))
    .map(([isShort, entries]) => compound([0xc1, 0xd1], isShort, entries.flat()));

const longs = fc.array(fc.uint8Array({ minLength: 8, maxLength: 8 }), { maxLength: 4 });
const array = longs
  .map((items) => compound([0xe0, 0xf0], false, [Buffer.from([0x81]), ...items.map(Buffer.from)]))
  .map(
    // The count of an array leaves its constructor out.
    (value) => {
      value.writeUInt32BE(value.readUInt32BE(5) - 1, 5);
      return value;
    },
  );
const { value } = fc.letrec<{ value: Buffer }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    primitive,
    listOf(tie('value')),
    mapOf(primitive, tie('value')),
    array,
    tie('value').map((of) => Buffer.concat([Buffer.from([0x00, 0x53, 0x99]), of])),
  ),
}));

const symbols: Readonly<Record<number, string>> = { 115: 'amqp:properties:list', 119: 'amqp:amqp-value:*' };
/** A section, its descriptor in one of the three ways to write it. */
const section = (code: number, of: fc.Arbitrary<Buffer>) =>
  fc.tuple(fc.nat(2), of).map(([way, content]) => {
    const symbol = symbols[code];
    const long = Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, code]);
    const descriptor =
      way === 2 && symbol ? short(0xa3, Buffer.from(symbol)) : way === 1 ? long : Buffer.from([0x53, code]);
    return Buffer.concat([Buffer.from([0]), descriptor, content]);
  });
const several = (of: fc.Arbitrary<Buffer>) =>
  fc.array(of, { minLength: 1, maxLength: 3 }).map((all) => Buffer.concat(all));
const perhaps = (of: fc.Arbitrary<Buffer>) => fc.option(of, { nil: Buffer.alloc(0) });
const symbol = sized([0xa3, 0xb3], name);

const body = fc.oneof(
  several(section(0x75, sized([0xa0, 0xb0], bytes))),
  several(section(0x76, listOf(value))),
  section(0x77, value),
);

/** Any message of AMQP. */
export const messages: fc.Arbitrary<Pieces> = fc.record({
  header: perhaps(section(0x70, listOf(primitive))),
  deliveryAnnotations: perhaps(section(0x71, mapOf(symbol, value))),
  messageAnnotations: perhaps(section(0x72, mapOf(symbol, value))),
  rest: fc
    .tuple(
      perhaps(section(0x73, listOf(primitive))),
      perhaps(section(0x74, mapOf(sized([0xa1, 0xb1], text), primitive))),
      body,
      perhaps(section(0x78, mapOf(symbol, value))),
    )
    .map((sections) => Buffer.concat(sections)),
});

export const joined = ({ header, deliveryAnnotations, messageAnnotations, rest }: Pieces): Buffer =>
  Buffer.concat([header, deliveryAnnotations, messageAnnotations, rest]);

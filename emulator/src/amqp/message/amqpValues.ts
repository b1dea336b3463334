/** Bytes that a value takes after its code and its length, by the code's upper half (AMQP 1.0, 1.2). */
const fixedWidths: Readonly<Record<number, number>> = { 4: 0, 5: 1, 6: 2, 7: 4, 8: 8, 9: 16 };

/** Where the value that begins at an offset ends: how it is encoded tells how long it is, whatever it holds. */
export function endOf(bytes: Buffer, start: number): number {
  const code = bytes.readUInt8(start);
  if (code === 0x00) return endOf(bytes, endOf(bytes, start + 1));
  const end = start + 1 + widthOf(bytes, code, start + 1);
  if (end > bytes.length) throw new RangeError('It is cut off.');
  return end;
}

function widthOf(bytes: Buffer, code: number, at: number): number {
  const kind = code >> 4;
  const fixed = fixedWidths[kind];
  if (fixed !== undefined) return fixed;
  if (kind < 0xa) throw new RangeError(`There is no type 0x${code.toString(16)}.`);
  // The even kinds have lengths of one byte, the odd ones of four.
  return kind % 2 === 0 ? 1 + bytes.readUInt8(at) : 4 + bytes.readUInt32BE(at);
}

/** The bytes of a string, a symbol or a binary; undefined where the value is of another type. */
export function contentOf(value: Buffer): Buffer | undefined {
  const code = value.readUInt8(0);
  if ([0xa0, 0xa1, 0xa3].includes(code)) return value.subarray(2);
  return [0xb0, 0xb1, 0xb3].includes(code) ? value.subarray(5) : undefined;
}

/** The items of a list, or the keys and values of a map; none where it is null. */
export function itemsOf(compound: Buffer, kind: 'list' | 'map'): Buffer[] {
  const code = compound.readUInt8(0);
  if (code === 0x40 || (code === 0x45 && kind === 'list')) return [];
  const [shortCode, longCode] = kind === 'list' ? [0xc0, 0xd0] : [0xc1, 0xd1];
  if (code !== shortCode && code !== longCode) throw new TypeError(`It is no ${kind}.`);
  const isLong = code === longCode;
  const count = isLong ? compound.readUInt32BE(5) : compound.readUInt8(2);
  const items: Buffer[] = [];
  for (let at = isLong ? 9 : 3; at < compound.length; ) {
    const end = endOf(compound, at);
    items.push(compound.subarray(at, end));
    at = end;
  }
  if (kind === 'map' && count % 2 === 1) throw new RangeError('It has a key without a value.');
  if (items.length !== count) throw new RangeError(`It has ${items.length} items, and says ${count}.`);
  return items;
}

/** A section of a message that is a map. */
export function mapSection(descriptor: number, entries: readonly Buffer[]): Buffer {
  return section([descriptor, 0xd1], entries, 2 * entries.length);
}

/** A section that is a list. */
export function listSection(descriptor: number, items: readonly Buffer[]): Buffer {
  return section([descriptor, 0xd0], items, items.length);
}

function section(codes: [descriptor: number, type: number], content: readonly Buffer[], count: number): Buffer {
  const head = Buffer.from([0x00, 0x53, ...codes, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(4 + content.reduce((sum, { length }) => sum + length, 0), 4);
  head.writeUInt32BE(count, 8);
  return Buffer.concat([head, ...content]);
}

/** A section that is binary. */
export function binarySection(descriptor: number, content: Buffer): Buffer {
  const head = Buffer.from([0x00, 0x53, descriptor, 0xb0, 0, 0, 0, 0]);
  head.writeUInt32BE(content.length, 4);
  return Buffer.concat([head, content]);
}

/** Null. */
export const nothing = Buffer.from([0x40]);

export type Value = { long: number } | { timestamp: number } | { string: string };

/** An entry of such a section. */
export function entry(name: string, value: Value): Buffer {
  return Buffer.concat([text(0xa3, name), encode(value)]);
}

/** An entry of a map whose keys are text. */
export function textEntry(name: string, value: string): Buffer {
  return Buffer.concat([text(0xa1, name), text(0xa1, value)]);
}

function encode(value: Value): Buffer {
  if ('string' in value) return text(0xa1, value.string);
  const [code, number] = 'long' in value ? [0x81, value.long] : [0x83, value.timestamp];
  const bytes = Buffer.allocUnsafe(9);
  bytes.writeBigInt64BE(BigInt(number), bytes.writeUInt8(code));
  return bytes;
}

/** A text by its code for up to 255 bytes: of a string, a symbol or a binary. That for more is higher by 0x10. */
export function text(shortCode: number, value: string): Buffer {
  const length = Buffer.byteLength(value);
  const isShort = length <= 0xff;
  const bytes = Buffer.allocUnsafe((isShort ? 2 : 5) + length);
  bytes.writeUInt8(isShort ? shortCode : shortCode + 0x10);
  bytes.write(value, isShort ? bytes.writeUInt8(length, 1) : bytes.writeUInt32BE(length, 1));
  return bytes;
}

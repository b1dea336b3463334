/**
 * The partition that Event Hubs chooses for a partition key. Buffered producers choose it by themselves, and rely on the
 * service to come to the same (`partitionKeyToIdMapper.ts` of `@azure/event-hubs`, `PartitionResolver.cs` of
 * `Azure.Messaging.EventHubs`): a hash of 16 bits with a sign.
 */
export function partitionOfKey(key: string, partitionCount: number): number {
  const [b, c] = lookup3(Buffer.from(key));
  return Math.abs((((b ^ c) << 16) >> 16) % partitionCount);
}

type Words = [a: number, b: number, c: number];

/** Bob Jenkins' lookup3, `hashlittle2`: three words that take in twelve bytes at a time, and wrap at 32 bits. */
function lookup3(bytes: Buffer): [b: number, c: number] {
  const start = 0xdeadbeef + bytes.length;
  let words: Words = [start, start, start];
  // Zeros after the end add nothing.
  const padded = Buffer.concat([bytes, Buffer.alloc(12)]);
  for (let at = 0; at < bytes.length; at += 12) {
    const [a, b, c] = words;
    words = [a + padded.readInt32LE(at), b + padded.readInt32LE(at + 4), c + padded.readInt32LE(at + 8)];
    words = at + 12 < bytes.length ? mix(words) : finish(words);
  }
  return [words[1], words[2]];
}

/** Each of six steps changes one word by the one before it, beginning with the first. */
function mix([a, b, c]: Words): Words {
  for (const bits of [4, 6, 8, 16, 19, 4]) [a, b, c] = [b, c + b, (a - c) ^ rotate(c, bits)];
  return [a, b, c];
}

/** Each of seven steps changes one word by the one before it, beginning with the last. */
function finish([a, b, c]: Words): Words {
  for (const bits of [14, 11, 25, 16, 4, 14, 24]) [a, b, c] = [b, (c ^ b) - rotate(b, bits), a];
  return [c, a, b];
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

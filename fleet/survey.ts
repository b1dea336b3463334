import { isDeviceId } from '../src/twins/isDeviceId';
import { type NamedDevice, readDevices, type Sheet } from './chunks';

/** A device that stands in a file again. */
export interface Repeated {
  deviceId: string;
  line: number;
  firstLine: number;
}

export interface Survey {
  devices: number;
  /** Ids that no device has, in the order of the file. */
  bad: { deviceId: string; line: number }[];
  /** In the order of the file, `most` of them. */
  repeated: Repeated[];
}

/** More of them than a person corrects one by one. */
export const maxBadIds = 10_000;

/** One bit for each value that {@link hashOf} may have: 32 MiB. */
const hashBits = 28;

/**
 * Reads a file to its end: how many devices it names, and which of them more than once. Ids are not kept: a bit is set for
 * the hash of each, and only those whose bit was set before (of a million different ones some two thousand) are compared as
 * they stand, by reading the file again.
 */
export async function surveyFile(sheet: Sheet, most: number, signal: AbortSignal): Promise<Survey> {
  const seen = new Uint32Array(2 ** (hashBits - 5));
  const suspects = new Set<number>();
  const bad: Survey['bad'] = [];
  let devices = 0;
  for await (const { deviceId, line } of readDevices(sheet)) {
    signal.throwIfAborted();
    devices++;
    if (deviceId === undefined) continue;
    if (!isDeviceId(deviceId) && bad.length < maxBadIds) bad.push({ deviceId, line });
    const hash = hashOf(deviceId);
    const [word, bit] = [hash >>> 5, 1 << (hash & 31)];
    const before = seen[word] ?? 0;
    if (before & bit) suspects.add(hash);
    else seen[word] = before | bit;
  }
  const repeated = suspects.size > 0 ? await findRepeated(readDevices(sheet), suspects, most) : [];
  return { devices, bad, repeated };
}

async function findRepeated(
  devices: AsyncIterable<NamedDevice>,
  suspects: ReadonlySet<number>,
  most: number,
): Promise<Repeated[]> {
  const lines = new Map<string, number>();
  const repeated: Repeated[] = [];
  for await (const { deviceId, line } of devices) {
    if (deviceId === undefined || !suspects.has(hashOf(deviceId))) continue;
    const firstLine = lines.get(deviceId);
    if (firstLine === undefined) lines.set(deviceId, line);
    else if (repeated.push({ deviceId, line, firstLine }) === most) break;
  }
  return repeated;
}

/** FNV-1a, its high bits folded onto the lower ones. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> hashBits)) & (2 ** hashBits - 1);
}

import { InvalidLinesError } from '../../errors/invalidLinesError';

/**
 * The text of a body in UTF-8, without its byte order mark.
 *
 * @throws InvalidLinesError that names the first line which is not UTF-8.
 */
export function decodeText(bytes: Uint8Array): string {
  // What Windows calls Unicode: a zero beside each letter, in whichever order.
  if (bytes.subarray(0, 4).includes(0)) {
    throw new InvalidLinesError([{ line: 1, detail: 'it is UTF-16; save the file as UTF-8.' }]);
  }
  try {
    return decode(bytes);
  } catch {
    throw new InvalidLinesError([{ line: firstBadLine(bytes), detail: 'it is not UTF-8; save the file as UTF-8.' }]);
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

function firstBadLine(bytes: Uint8Array): number {
  for (let line = 1, start = 0; ; line++) {
    const end = bytes.indexOf(0x0a, start);
    if (end < 0) return line;
    try {
      decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    start = end + 1;
  }
}

import { InvalidLinesError } from '../../errors/invalidLinesError';

/**
 * The text of a body in UTF-8, or in UTF-16 with its mark, which spreadsheets call Unicode; without a byte order mark.
 *
 * @throws InvalidLinesError that names the first line which is not UTF-8.
 */
export function decodeText(bytes: Uint8Array): string {
  const utf16 = utf16Of(bytes);
  if (utf16) return new TextDecoder(utf16).decode(bytes);
  // A zero beside each letter, in an order that nothing tells.
  if (bytes.subarray(0, 4).includes(0)) {
    throw new InvalidLinesError([{ line: 1, detail: 'it is UTF-16 without its mark; save the file as UTF-8.' }]);
  }
  try {
    return decode(bytes);
  } catch {
    throw new InvalidLinesError([{ line: firstBadLine(bytes), detail: 'it is not UTF-8; save the file as UTF-8.' }]);
  }
}

function utf16Of([first, second]: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
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

import { createHash } from 'node:crypto';

/** Longest text that becomes a part of a key as it is; a key has 512 characters. */
const maxCharacters = 200;

/**
 * Any text as a part of a key: letters, digits and `=XX` for what a key may not hold. A long text is cut and told apart
 * by its hash. `|`, which stands in none, may separate parts.
 */
export function encodeKey(text: string): string {
  const encoded = encodeURIComponent(Buffer.from(text).toString()).replace(/%/g, '=');
  if (encoded.length <= maxCharacters) return encoded;
  return `${encoded.slice(0, 100)}~~${createHash('sha256').update(text).digest('hex')}`;
}

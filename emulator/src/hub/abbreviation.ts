/** What sections of twins are full of, longest first where one begins as another. */
const phrases = [
  '"$metadata":{"$lastUpdated":"',
  '{"$lastUpdated":"',
  'Z","$lastUpdatedVersion":',
  'Z"}},"$version":',
  'Z"},"$version":',
] as const;

/**
 * Makes a section of a twin, as JSON, half as long where it is small: each phrase becomes a control character, of which JSON
 * has none. {@link inFull} is the inverse.
 */
export function abbreviate(json: string): string {
  return phrases.reduce((text, phrase, index) => text.replaceAll(phrase, String.fromCharCode(index + 1)), json);
}

/** The text in full; what was not abbreviated stays as it is. */
export function inFull(text: string): string {
  let full = '';
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const phrase = phrases[text.charCodeAt(at) - 1];
    if (phrase === undefined) continue;
    full += text.slice(from, at) + phrase;
    from = at + 1;
  }
  return full + text.slice(from);
}

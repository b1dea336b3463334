/**
 * Text that stays in its line: control characters, line ends and marks of direction are spelled out (`\n`, `\u001b`), so that
 * nothing a device or a network says can move a cursor, turn a line around or begin one of its own. A tab is let be.
 */
export function visible(text: string): string {
  return text.replace(/[^\P{Cc}\t]|[\u2028\u2029]|\p{Bidi_Control}/gu, spell);
}

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r' };

function spell(character: string): string {
  return short[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

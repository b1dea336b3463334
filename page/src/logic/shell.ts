/** A command of the command line, quoted for a POSIX shell. */
export function toCommand(
  command: string,
  options: Readonly<Record<string, string | true | undefined>>,
  words: readonly string[] = [],
): string {
  const given = Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined || value === '') return [];
    return value === true ? [`--${name}`] : [`--${name}`, quoted(value)];
  });
  const ends = words.some((word) => word.startsWith('-')) ? ['--'] : [];
  return ['npm run fleet --', command, ...given, ...ends, ...words.map(quoted)].join(' ');
}

export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

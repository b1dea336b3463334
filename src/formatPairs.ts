/** `name=value` pairs, which the log lines of this app end with for the sake of log queries. */
export function formatPairs(pairs: Readonly<Record<string, string | number>>): string {
  return Object.entries(pairs)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

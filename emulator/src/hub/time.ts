/** Now, as the service writes times: ISO 8601 in UTC with seven fractional digits. */
export function serviceTime(): string {
  return new Date().toISOString().replace('Z', '0000Z');
}

/** What the service writes where something never happened. */
export const never = '0001-01-01T00:00:00Z';

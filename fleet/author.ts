/** Who asked for a change, and why, as far as the app knows. */
export function authorOf({ by = '', reason }: { by?: string | undefined; reason?: string | undefined }): string {
  return reason === undefined ? by : `${by}: ${reason}`;
}

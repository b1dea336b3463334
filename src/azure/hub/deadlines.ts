/** How long a call to the hub may take over all its attempts, in milliseconds. */
export const deadlines = {
  /** Somebody waits. */
  request: 15_000,
  /** Nobody waits, and a hub that throttles first answers slowly, then by the minute. */
  background: 60_000,
};

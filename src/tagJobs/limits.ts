/** How long a job may take before what is left of it is given up, in milliseconds. */
export const giveUpAfterMs = 24 * 60 * 60 * 1000;

/** After this, whoever was to put a job into the queue is gone. */
const abandonedAfterMs = 10 * 60 * 1000;

/** After this, whoever was to tag the devices itself is gone: nobody waits so long for an answer. */
const directEndsAfterMs = 5 * 60 * 1000;

/** How long a job, and an idempotency key, are told of after they were begun: as long as the hub tells of its own jobs. */
export const keptMs = 30 * 24 * 60 * 60 * 1000;

/** How long a message is worked before what is left goes back to the queue: the strictest plan ends invocations after five minutes. */
export const workMs = 120_000;

/**
 * How soon a message looks again whether all of its job is in the queue: the rest is a moment behind, or its request is
 * gone, which takes longer to tell.
 */
export function preparingSeconds(job: { createdAt: string }): number {
  return Math.min(30, Math.max(1, Math.ceil(ageOf(job) / 10_000)));
}

export function ageOf({ createdAt }: { createdAt: string }): number {
  return Date.now() - Date.parse(createdAt);
}

/** What a job becomes whose request is gone before its part was done; undefined for others. */
export function abandoned({ state, createdAt }: { state: string; createdAt: string }) {
  const [patience, detail] =
    state === 'preparing'
      ? [abandonedAfterMs, 'The request was cut off before all of the job was in the queue; nothing was tagged.']
      : [directEndsAfterMs, 'The request was cut off; some of the devices may be tagged.'];
  const isWaiting = state === 'preparing' || state === 'running';
  if (!isWaiting || ageOf({ createdAt }) < patience) return undefined;
  const endedAt = new Date(Date.parse(createdAt) + patience).toISOString();
  return { state: 'failed' as const, endedAt, detail: `${detail} Send it again.` };
}

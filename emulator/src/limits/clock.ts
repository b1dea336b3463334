import { setTimeout as sleep } from 'node:timers/promises';

/** Time as limits and faults know it; tests bring their own. */
export interface Clock {
  /** Milliseconds since the epoch, which never go back. */
  now(): number;
  /** Resolves when they have passed; rejects where the signal ends the wait. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** The time of this machine. Who waits does not keep the process alive. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  wait: (ms, signal) => sleep(ms, undefined, { signal, ref: false }),
};

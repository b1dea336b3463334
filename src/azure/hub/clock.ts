/** The time that the scheduler goes by; tests have one of their own. */
export interface Clock {
  /** Milliseconds since some moment. */
  now(): number;
  /** Runs something later; what it returns calls that off. */
  after(milliseconds: number, run: () => void): () => void;
}

/** The clock of the process. */
export const clock: Clock = {
  now: () => performance.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** How often we look whether npm is still there, in milliseconds. */
const lookEveryMs = 1000;

/**
 * Resolves when the process is to stop: by a signal, as Ctrl-C and a closed terminal send; where nobody reads what it writes
 * any more; where npm, which started it, was killed and could not pass the signal on.
 */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        // The terminal has written ^C into the line.
        if (signal === 'SIGINT' && process.stdout.isTTY) process.stdout.write('\n');
        resolve();
      });
    }
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => resolve());
    if (process.env.npm_lifecycle_event === undefined) return;
    const npm = process.ppid;
    setInterval(() => process.ppid !== npm && resolve(), lookEveryMs).unref();
  });
}

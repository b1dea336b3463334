import { writeLine } from './writeLine';

/** Runs a script to its end. What it throws is told in one line, and by the exit code. */
export function runScript(script: () => Promise<void>): void {
  // A reader that is gone, as `head` is when it has had enough, is no fault: there is nobody left to tell.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  script().then(
    () => process.exit(),
    (error: unknown) => {
      writeLine(process.stderr, error instanceof Error ? error.message : String(error));
      process.exit(1);
    },
  );
}

/** Runs a script to its end. What it throws is told in one line, and by the exit code. */
export function runScript(script: () => Promise<void>): void {
  script().then(
    () => process.exit(),
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exit(1);
    },
  );
}

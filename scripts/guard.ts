import { type ChildProcess, spawn } from 'node:child_process';

/** Has another process end our children where we are gone before we could: killed, for one. See `guard.mjs`. */
export class Guard {
  #process: ChildProcess | undefined;

  /** Watches over a child that leads its own process group, and whatever that starts. */
  watch(child: ChildProcess): void {
    const { pid } = child;
    if (pid === undefined) return;
    this.#tell(`+${pid}`);
    child.once('exit', () => this.#tell(`-${pid}`));
  }

  #tell(line: string): void {
    this.#process ??= start();
    this.#process.stdin?.write(`${line}\n`);
  }
}

/** Out of reach of the terminal's signals; it does not keep us running. */
function start(): ChildProcess {
  const guard = spawn(process.execPath, ['scripts/guard.mjs'], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  guard.unref();
  for (const part of [guard, guard.stdin]) part?.on('error', () => {});
  return guard;
}

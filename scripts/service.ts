import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Guard } from './guard';
import { writeLine } from './writeLine';

/** A long-running child whose lines appear under its name and whose end is never missed. */
export interface Service {
  /** Resolves with the first line that matches; rejects when the child ends before. */
  line(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Resolves with a sentence about how the child ended. */
  ended: Promise<string>;
  /** Asks the child to stop, insists after ten seconds, and resolves when it is gone. */
  stop(): Promise<void>;
}

/** What is started, and which of its lines are shown. */
export interface ServiceOptions {
  name: string;
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  /** Where it listens, each with the option that says so; none of 0. */
  ports: Readonly<Record<string, number>>;
  /** Lines of its standard output that are not shown. */
  hides?: RegExp | undefined;
}

const guard = new Guard();

/**
 * Starts a child in its own process group: a Ctrl-C in the terminal reaches only us, so that we can stop the
 * Functions host before the hub it talks to. However we end, it does not outlive us.
 */
export function startService({ name, command, args, env, hides }: ServiceOptions): Service {
  const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  guard.watch(child);
  const ended = new Promise<string>((resolve) => {
    child.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      resolve(`${name} could not start: ${code === 'ENOENT' ? `'${command}' is not installed` : message}`);
    });
    child.once('exit', (code, signal) => resolve(`${name} ended (${signal ?? `exit code ${code}`})`));
  });
  const waiting = new Set<{ pattern: RegExp; found: (match: RegExpMatchArray) => void }>();
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const) {
    createInterface({ input: from }).on('line', (text) => {
      if (from === child.stderr || !hides?.test(text)) writeLine(to, `${name} | ${text}`);
      for (const wait of waiting) {
        const match = text.match(wait.pattern);
        if (match && waiting.delete(wait)) wait.found(match);
      }
    });
  }
  return {
    line: (pattern) =>
      new Promise((found, reject) => {
        waiting.add({ pattern, found });
        void ended.then((how) => reject(new Error(how)));
      }),
    ended,
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  // Azurite's tables save what they hold on this signal alone.
  child.kill('SIGINT');
  const insist = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(insist);
}

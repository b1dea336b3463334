import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readIfPresent, writeOnce } from './files';
import { makeFolder } from './folders';

/** Who has a folder. */
interface Owner {
  pid: number;
  /** When that process started: another one may come to have its number. */
  started: string;
  /** Tells owners within one process apart. */
  id: string;
}

/** The locks of this process. */
const held = new Set<string>();

/**
 * Makes a folder this process' own until {@link stop}. An owner that was killed keeps nothing: its process is gone.
 *
 * @throws Error where another process of this machine, or this one, has the folder.
 */
export function lockFolder(folder: string): { stop(): Promise<void> } {
  makeFolder(folder);
  const path = join(folder, 'owner');
  const owner: Owner = { pid: process.pid, started: startOf(process.pid) ?? '', id: randomUUID() };
  const mine = JSON.stringify(owner);
  for (let standing = writeOnce(path, mine); standing !== mine; standing = writeOnce(path, mine)) {
    const other = readOwner(standing);
    if (other && isThere(other)) {
      throw new Error(
        `The folder ${folder} is in use by the emulator of process ${other.pid}: stop that, or name another.`,
      );
    }
    takeAway(path, standing);
  }
  held.add(owner.id);
  return {
    async stop() {
      held.delete(owner.id);
      if (readIfPresent(path) === mine) rmSync(path);
    },
  };
}

function readOwner(text: string): Owner | undefined {
  try {
    return JSON.parse(text) as Owner;
  } catch {
    return undefined;
  }
}

function isThere({ pid, started, id }: Owner): boolean {
  return startOf(pid) === started && (pid !== process.pid || held.has(id));
}

/** Takes the lock of a dead owner away; where somebody was quicker, theirs is put back. */
function takeAway(path: string, standing: string): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
    if (readFileSync(aside, 'utf8') !== standing) linkSync(aside, path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['ENOENT', 'EEXIST'].includes(code)) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Something that a process has from its start to its end; `undefined` where there is none of this number. */
function startOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return isRunning(pid) ? 'running' : undefined;
  const stat = readStat(pid);
  // The name may hold anything, and stands in parentheses (proc_pid_stat(5)).
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  const [state, started] = [fields[0], fields[19]];
  return state === 'Z' ? undefined : started;
}

function readStat(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

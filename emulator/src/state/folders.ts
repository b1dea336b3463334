import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Takes files and folders, with all that is in them, out of the reach of this machine's other users: an earlier version, or
 * somebody's umask, may have let them in. What is shared on purpose (a sticky folder, as `/tmp`) stays so; links are not
 * followed.
 *
 * @returns whether any of it was within reach.
 */
export function ownerOnly(...paths: string[]): boolean {
  return paths.map(narrow).includes(true);
}

/** The same for a folder itself, whoever's files lie in it beside ours. */
export function ownerOnlyFolder(path: string): boolean {
  const known = lstatSync(path, { throwIfNoEntry: false });
  if (!known?.isDirectory() || known.mode & 0o1000 || !(known.mode & 0o077)) return false;
  chmodSync(path, known.mode & 0o700);
  return true;
}

function narrow(path: string): boolean {
  const known = lstatSync(path, { throwIfNoEntry: false });
  if (known?.isDirectory()) {
    const within = readdirSync(path).map((name) => narrow(join(path, name)));
    return [ownerOnlyFolder(path), ...within].includes(true);
  }
  if (!known?.isFile() || !(known.mode & 0o077)) return false;
  chmodSync(path, known.mode & 0o700);
  return true;
}

/**
 * Makes a folder for this user alone, with those around it, where it is not there. Not as Node does it: asked for more than one
 * at a time, it tries for ever below `/proc`.
 *
 * @throws Error that names the folder.
 */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  try {
    if (dirname(path) !== path) makeFolder(dirname(path));
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code !== 'EEXIST') throw new Error(`The folder ${path} cannot be made (${code}): name another one.`);
  }
}

import { chmodSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Every file and folder below a folder, itself among them. */
function everyPath(folder: string): string[] {
  return [folder, ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))];
}

/** Those that other users of the machine may touch, with their modes. */
export function openToOthers(folder: string): string[] {
  return everyPath(folder)
    .map((path) => `${(statSync(path).mode & 0o777).toString(8)} ${path}`)
    .filter((each) => !/^[67]00 /.test(each));
}

/** Lets other users in, as an earlier version did. */
export function openUp(folder: string): void {
  for (const path of everyPath(folder)) chmodSync(path, statSync(path).isDirectory() ? 0o755 : 0o644);
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What `ps` tells of a process. */
export async function ps(figure: string, pid: number): Promise<string> {
  const { stdout } = await promisify(execFile)('ps', ['-o', `${figure}=`, '-p', `${pid}`]);
  return stdout.trim();
}

/** What a process holds of the machine's memory. */
export async function residentMegabytes(pid: number): Promise<number> {
  return Number(await ps('rss', pid)) / 1024;
}

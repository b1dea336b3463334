import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
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

/** The processor time that processes have taken so far, with all their threads, in milliseconds: of 10, on Linux. */
export async function processorMs(pids: readonly number[]): Promise<number> {
  const each = await Promise.all(pids.map((pid) => (process.platform === 'linux' ? fromProc(pid) : fromPs(pid))));
  return each.reduce((sum, ms) => sum + ms, 0);
}

/** proc(5): fields 14 and 15, in ticks of 10 ms. The name before them may hold anything. */
function fromProc(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** `[hours:]minutes:seconds`. */
async function fromPs(pid: number): Promise<number> {
  const [seconds = 0, minutes = 0, hours = 0] = (await ps('time', pid)).split(':').reverse().map(Number);
  return ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatDuration, secondsToList } from '../../fleet/expectedTime';
import { startLocalSystem } from '../localSystem';
import { residentMegabytes } from '../ps';
import type { Row } from '../row';

/** Twins of the large fleet. */
const many = Number(process.env.BENCH_EXPORT_TWINS ?? 1_000_000);
const few = 10_000;
const sampleMs = 100;
/** Pages after which the host's heap has grown as far as answering pages makes it, whatever the fleet. They count too. */
const pagesToWarm = 4000;

/** Whether an export's memory depends on the fleet: of the command line, and of the host that answers the pages. */
export async function exportOfTheFleet(): Promise<Row[]> {
  const small = await exportOf(few);
  const large = await exportOf(many);
  const what = `export of ${many.toLocaleString('en')} twins`;
  const baseline = `of ${few.toLocaleString('en')}`;
  const time = formatDuration(secondsToList(many, { sku: 'S1', units: 1 }));
  return [
    {
      what: `${what}, nothing throttled`,
      value: large.perSecond,
      unit: '/s',
      baseline: { what: baseline, value: small.perSecond },
      note: `${formatDuration(large.seconds)}; a hub of one S1 unit takes ${time}`,
    },
    ...(['client', 'host'] as const).map(
      (part): Row => ({
        what: `${what}, peak memory of the ${part === 'client' ? 'command line' : 'host'}`,
        value: large[part],
        unit: 'MB',
        baseline: { what: baseline, value: small[part] },
        aim: '≤ 1.2×',
      }),
    ),
  ];
}

interface Export {
  seconds: number;
  perSecond: number;
  /** Peaks of resident memory, in megabytes. */
  client: number;
  host: number;
}

async function exportOf(twins: number): Promise<Export> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-export-'));
  const system = await startLocalSystem({ hasTables: false, simulated: twins });
  try {
    const peaks = { client: 0, host: 0 };
    const sample = async (part: 'client' | 'host', pid: number) => {
      // One that has not begun, or has just ended, holds nothing.
      peaks[part] = Math.max(peaks[part], await residentMegabytes(pid).catch(() => 0));
    };
    let clientPid = 0;
    const sampling = setInterval(() => {
      void sample('client', clientPid);
      void sample('host', system.hostPid);
    }, sampleMs);
    await warmUp(system.url);
    const start = performance.now();
    const args = ['--import', 'tsx', 'fleet/cli.ts', 'export', join(folder, 'fleet.csv'), '--url', system.url];
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    clientPid = child.pid ?? 0;
    const ended = once(child, 'exit');
    const [code] = await ended;
    clearInterval(sampling);
    if (code !== 0) throw new Error(`the export ended with ${code}`);
    const seconds = (performance.now() - start) / 1000;
    return { seconds, perSecond: twins / seconds, ...peaks };
  } finally {
    await system.stop();
    await rm(folder, { recursive: true });
  }
}

async function warmUp(url: string): Promise<void> {
  for (let page = 0; page < pagesToWarm; page++) {
    const answer = await fetch(`${url}/api/devices?limit=100`, { headers: { accept: 'text/csv' } });
    if (!answer.ok) throw new Error(await answer.text());
    await answer.text();
  }
}

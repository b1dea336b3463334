import { Agent, request } from 'node:http';
import { startLocalSystem } from './localSystem';
import { processorMs, residentMegabytes } from './ps';
import type { Row } from './row';

const requests = 100_000;
const slices = 10;
/** The first ones fill the caches and the heap, and have the code compiled. */
const warmUp = 10_000;
const concurrency = 16;
const fleet = 1000;
const sampleMs = 250;

/** Whether the host slows down or grows: 100,000 twins read through it, one of ten of them of a device that is not there. */
export async function hostEndurance(): Promise<Row[]> {
  const system = await startLocalSystem({ hasTables: false, simulated: fleet });
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  try {
    await slice(system.url, agent, system.hostPid, warmUp);
    const taken: Slice[] = [];
    for (let n = 0; n < slices; n++) taken.push(await slice(system.url, agent, system.hostPid, requests / slices));
    return toRows(taken);
  } finally {
    agent.destroy();
    await system.stop();
  }
}

function toRows(taken: Slice[]): Row[] {
  const [first, last] = [taken[0], taken.at(-1)];
  if (!first || !last) throw new Error('nothing was measured');
  const what = `the last of ten times ${requests / slices} requests to the host`;
  const row = (figure: 'p50' | 'p99' | 'processor', words: string): Row => ({
    what: `${what}, ${words}`,
    value: last[figure],
    baseline: { what: 'the first', value: first[figure] },
    aim: '≤ 1.2×',
    note: `each: ${taken.map((each) => each[figure].toFixed(2)).join(', ')} ms`,
  });
  return [
    row('p50', 'answer time, p50'),
    row('p99', 'answer time, p99'),
    row('processor', 'processor time of the host for a request'),
    {
      what: `${what}, resident memory`,
      value: last.megabytes,
      unit: 'MB',
      baseline: { what: 'the first', value: first.megabytes },
      aim: '≤ 1.1×',
      note: `each: ${taken.map(({ megabytes }) => Math.round(megabytes)).join(', ')} MB`,
    },
  ];
}

interface Slice {
  p50: number;
  p99: number;
  /** Milliseconds of a processor that a request took of the host: what else runs on the machine does not matter to it. */
  processor: number;
  /** The median of what the host held meanwhile. */
  megabytes: number;
}

async function slice(url: string, agent: Agent, pid: number, count: number): Promise<Slice> {
  const times: number[] = [];
  const held = [await residentMegabytes(pid)];
  const sampling = setInterval(async () => held.push(await residentMegabytes(pid)), sampleMs);
  const before = await processorMs([pid]);
  const queue = Array.from({ length: count }, (_, n) => n).values();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (const n of queue) {
        const isMissing = n % 10 === 0;
        const id = isMissing ? 'nobody' : `sim-${String((n % fleet) + 1).padStart(6, '0')}`;
        const start = performance.now();
        const status = await get(`${url}/api/devices/${id}`, agent);
        times.push(performance.now() - start);
        if (status !== (isMissing ? 404 : 200)) throw new Error(`${id} was answered with ${status}`);
      }
    }),
  );
  clearInterval(sampling);
  const processor = ((await processorMs([pid])) - before) / count;
  return { p50: percentile(times, 50), p99: percentile(times, 99), processor, megabytes: percentile(held, 50) };
}

function get(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent }, (reply) => {
      reply.resume().on('end', () => resolve(reply.statusCode ?? 0));
    });
    sent.on('error', reject).end();
  });
}

function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * share) / 100))] ?? Number.NaN;
}

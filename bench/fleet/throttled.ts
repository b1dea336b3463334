import { setTimeout as sleep } from 'node:timers/promises';
import { quotasOf } from '../../src/azure/hub/quotas';
import type { JobDocument } from '../../src/tagJobs/tagJob';
import type { Row } from '../row';
import { type Counts, type FleetSystem, startFleet } from './fleetSystem';

const edition = { sku: 'S1', units: 1 } as const;
const quota = quotasOf(edition.sku, edition.units).twinWrite;
/** Until the instances have found their pace: the hub serves all that comes at first, and its queue must fill. */
const settlingMs = 15_000;
const measuredMs = 45_000;
/** What the hub serves meanwhile, and a tenth more, so that nobody runs out of work. */
const devices = Math.ceil(((settlingMs + measuredMs) / 1000) * quota * 1.1);

/** Tags a fleet at a hub of one unit S1, which throttles: how much of its quota is used, and whether a device is missed. */
export async function throttled(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const instances of [1, 4]) rows.push(...(await run(instances)));
  return rows;
}

async function run(instances: number): Promise<Row[]> {
  // Without a burst: what the hub grants at first would be counted as more than its quota.
  const system = await startFleet({ simulated: devices, ...edition, instances, args: ['--burst', '0'] });
  try {
    const job = await start(system);
    await sleep(settlingMs);
    const before = await updates(system);
    const from = performance.now();
    await sleep(measuredMs);
    const after = await updates(system);
    const seconds = (performance.now() - from) / 1000;
    // What was served ahead before, the hub takes back now: that is no quota that anybody left unused.
    const used = (after.served - before.served) / quota - (after.aheadSeconds - before.aheadSeconds);
    const share = (used / seconds) * 100;
    const refused = after.refused - before.refused;
    const ended = await end(system, job);
    const what = `tag ${devices} devices by queue at S1, ${instances} instance${instances === 1 ? '' : 's'}`;
    return [
      {
        what: `${what}: of the quota`,
        value: share,
        unit: '%',
        baseline: { what: `${quota} updates a second`, value: 100 },
        aim: '≥ 97 %',
        note: [
          `over ${Math.round(seconds)} s, ${settlingMs / 1000} s after the start;`,
          `ahead of the quota by ${before.aheadSeconds.toFixed(1)} s then, ${after.aheadSeconds.toFixed(1)} s in the end;`,
          `${refused} updates were refused meanwhile`,
        ].join(' '),
      },
      {
        what: `${what}: failed devices`,
        value: ended.counts.failed,
        unit: 'devices',
        aim: '0',
        note: `${ended.counts.succeeded} of ${ended.counts.total} tagged in ${secondsOf(ended)} s; expected ${ended.expectedSeconds} s`,
      },
    ];
  } finally {
    await system.stop();
  }
}

async function start({ urls: [url] }: FleetSystem): Promise<JobDocument> {
  const deviceIds = Array.from({ length: devices }, (_, n) => `sim-${String(n + 1).padStart(6, '0')}`);
  const body = JSON.stringify({ deviceIds, tags: { mark: 1 }, engine: 'queue' });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/api/tagJobs`, { method: 'POST', headers, body });
  if (answer.status !== 202) throw new Error(await answer.text());
  return (await answer.json()) as JobDocument;
}

async function end({ urls: [url] }: FleetSystem, { jobId }: JobDocument): Promise<JobDocument> {
  for (;;) {
    const job = (await (await fetch(`${url}/api/tagJobs/${jobId}`)).json()) as JobDocument;
    if (job.endedAt !== undefined) return job;
    await sleep(1000);
  }
}

async function updates({ served }: FleetSystem): Promise<Counts> {
  const { twinUpdate } = await served();
  if (!twinUpdate) throw new Error('The hub counts no updates.');
  return twinUpdate;
}

function secondsOf({ createdAt, endedAt = createdAt }: JobDocument): number {
  return Math.round((Date.parse(endedAt) - Date.parse(createdAt)) / 1000);
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { JobDocument } from '../../src/tagJobs/tagJob';
import { rawConnections, twinRequest } from '../emulator/keepAlive';
import { signToken } from '../rawHub';
import type { Row } from '../row';
import { delayAnswers, type FleetSystem, requestsBetween, startFleet, unhindered } from './fleetSystem';
import { allTwins, tutorialRegistry } from './tutorial';

const devices = Number(process.env.BENCH_DEVICES ?? 10_000);
/** Devices that the tutorial's way tags in each of its runs: one after another, so its time grows with their number. */
const sample = Math.min(devices, 250);
/** Devices of a request of engine direct: what the app itself takes for one. */
const perRequest = 2000;
/** As many as the app sends at a time. */
const connections = 32;
const bareMs = 3000;
const runs = 2;

/** How much later the hub answers: none where all of it is on one machine, or about what one in the same region takes. */
const delays = [0, 30];

/** All devices, told by a condition: none of the fleet is without a region. */
const everywhere = { path: 'tags.location.region', op: 'is_defined' };

interface Measured {
  ms: number;
  /** Of the hub. */
  requests: number;
}

type Contender = 'bare' | 'tutorial' | 'direct' | 'queue' | 'hubJob';

/** Tags a fleet: the tutorial's way, by each engine over HTTP, and as fast as the hub at hand takes it. */
export async function tagging(): Promise<Row[]> {
  const system = await startFleet({ simulated: devices, ...unhindered });
  try {
    const rows: Row[] = [];
    for (const delay of delays) {
      await delayAnswers(system.emulator, delay);
      rows.push(...toRows(await measure(system), delay));
    }
    return rows;
  } finally {
    await system.stop();
  }
}

async function measure(system: FleetSystem): Promise<Record<Contender, Measured[]>> {
  const ids = Array.from({ length: devices }, (_, n) => `sim-${String(n + 1).padStart(6, '0')}`);
  const contenders: Record<Contender, (tags: { mark: number }) => Promise<Measured>> = {
    bare: (tags) => bareLimit(system, ids, tags),
    tutorial: (tags) => tutorialsWay(system, tags),
    direct: (tags) => directly(system, ids, tags),
    queue: (tags) => byJob(system, { deviceIds: ids, engine: 'queue', tags }),
    hubJob: (tags) => byJob(system, { where: everywhere, engine: 'hubJob', tags }),
  };
  const taken: Record<Contender, Measured[]> = { bare: [], tutorial: [], direct: [], queue: [], hubJob: [] };
  for (let run = 0; run <= runs; run++) {
    for (const name of Object.keys(contenders) as Contender[]) {
      const measured = await contenders[name]({ mark: Math.round(performance.now() * 1000) });
      if (run > 0) taken[name].push(measured); // the first round only warms the processes
    }
  }
  return taken;
}

function toRows(taken: Record<Contender, Measured[]>, delay: number): Row[] {
  const where = delay === 0 ? 'hub on the same machine' : `hub that answers after ${delay} ms`;
  const [bare, tutorial] = [best(taken.bare), best(taken.tutorial)];
  const rate = ({ ms }: Measured) => (devices / ms) * 1000;
  const engine = (name: Contender, words: string, s1: number): Row => ({
    what: `tag ${devices} devices ${words}, ${where}`,
    value: rate(best(taken[name])),
    unit: '/s',
    baseline: { what: "the tutorial's way", value: rate(tutorial) },
    ...(name === 'hubJob' ? {} : { aim: '≥ 20×' }),
    note: [
      `${inSeconds(best(taken[name]))} and ${best(taken[name]).requests} hub requests`,
      `against ${inSeconds(tutorial)} and ${tutorial.requests}`,
      `(${sample} devices measured, scaled); S1 allows ${s1}/s`,
    ].join(' '),
  });
  const limit = (name: Contender, words: string): Row => ({
    what: `tag ${devices} devices ${words}, ${where}`,
    value: rate(best(taken[name])),
    unit: '/s',
    baseline: { what: `bare PATCHes over ${connections} connections`, value: rate(bare) },
    aim: '≥ 0.9×',
    note: `of the bare limit, the tutorial's way is ${(rate(tutorial) / rate(bare)).toFixed(3)}`,
  });
  return [
    engine('direct', `directly, ${perRequest} a request`, 50),
    limit('direct', `directly, ${perRequest} a request`),
    engine('queue', 'by queue', 50),
    limit('queue', 'by queue'),
    engine('hubJob', 'by a hub job', 10),
  ];
}

function best(measured: Measured[]): Measured {
  return [...measured].sort((one, other) => one.ms - other.ms)[0] ?? { ms: Number.NaN, requests: 0 };
}

function inSeconds({ ms }: Measured): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

async function directly(system: FleetSystem, ids: string[], tags: object): Promise<Measured> {
  const sum = { ms: 0, requests: 0 };
  for (let start = 0; start < ids.length; start += perRequest) {
    const deviceIds = ids.slice(start, start + perRequest);
    const { ms, requests } = await byJob(system, { deviceIds, engine: 'direct', tags }, deviceIds.length);
    sum.ms += ms;
    sum.requests += requests;
  }
  return sum;
}

/** From the request to the end of the job; every device must have been tagged. */
async function byJob({ urls: [url], served }: FleetSystem, body: object, count = devices): Promise<Measured> {
  const before = await served();
  const start = performance.now();
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/api/tagJobs`, { method: 'POST', headers, body: JSON.stringify(body) });
  let job = (await answer.json()) as JobDocument;
  if (!answer.ok) throw new Error(JSON.stringify(job));
  while (job.state === 'queued' || job.state === 'running') {
    await sleep(250);
    job = (await (await fetch(`${url}/api/tagJobs/${job.jobId}`)).json()) as JobDocument;
  }
  const ms = performance.now() - start;
  if (job.counts.succeeded !== count) throw new Error(`${job.engine}: ${JSON.stringify(job.counts)}`);
  return { ms, requests: requestsBetween(before, await served()) };
}

/** Lists all, reads each twin, searches its text, updates it, one after another. */
async function tutorialsWay({ emulator }: FleetSystem, tags: object): Promise<Measured> {
  const { httpsPort: port, ca, env } = emulator;
  const { registry, end } = tutorialRegistry({ port, ca, connectionString: env.IOTHUB_CONNECTION_STRING ?? '' });
  const start = performance.now();
  const ids: string[] = [];
  let pages = 0;
  for await (const twins of allTwins(registry)) {
    pages++;
    ids.push(...twins.map(({ deviceId }) => deviceId));
  }
  const listed = performance.now();
  if (ids.length !== devices) throw new Error(`The query told ${ids.length} devices.`);
  for (const id of ids.slice(0, sample)) {
    const { responseBody: twin } = await registry.getTwin(id);
    if (!JSON.stringify(twin).includes('region')) throw new Error(`${id} is in no region.`);
    await registry.updateTwin(id, { tags }, twin.etag);
  }
  const tagged = performance.now() - listed;
  end();
  return { ms: listed - start + (tagged * devices) / sample, requests: pages + 2 * devices };
}

/** How long the hub takes for as many updates from a client that costs next to nothing. */
async function bareLimit({ emulator }: FleetSystem, ids: string[], tags: object): Promise<Measured> {
  const authorization = signToken(emulator.env.IOTHUB_CONNECTION_STRING ?? '');
  const body = JSON.stringify({ tags });
  const requests = ids.map((id) => twinRequest('PATCH', id, authorization, body));
  const clients = await rawConnections({ port: emulator.httpsPort, ca: emulator.ca, connections, requests });
  const start = performance.now();
  const count = await clients.load(bareMs);
  const rate = count / ((performance.now() - start) / 1000);
  clients.end();
  return { ms: (devices / rate) * 1000, requests: devices };
}

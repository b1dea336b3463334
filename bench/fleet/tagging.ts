import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobDocument } from '../../src/tagJobs/tagJob';
import { answersPerSecond } from '../emulator/keepAlive';
import { signToken } from '../rawHub';
import type { Row } from '../row';
import { type FleetSystem, requestsBetween, startFleet, unhindered } from './fleetSystem';
import { allTwins, tutorialRegistry } from './tutorial';

const devices = Number(process.env.BENCH_DEVICES ?? 10_000);
/** Devices that the tutorial's way tags in each of its runs; one after another, so that its time grows with their number. */
const sample = Math.min(devices, 500);
const runs = 3;
/** As many as the app sends at a time. */
const connections = 32;
const bareMs = 3000;

/** All devices, told by a condition: none of the fleet is without a region. */
const everywhere = { path: 'tags.location.region', op: 'is_defined' };

interface Measured {
  ms: number;
  /** Of the hub. */
  requests: number;
}

/** Tags a fleet: the tutorial's way, by each engine over HTTP, and as fast as the hub at hand takes it. */
export async function tagging(): Promise<Row[]> {
  const system = await startFleet({ simulated: devices, ...unhindered });
  const taken: Record<string, Measured[]> = {};
  try {
    const ids = Array.from({ length: devices }, (_, n) => `sim-${String(n + 1).padStart(6, '0')}`);
    const contenders: Record<string, (mark: number) => Promise<Measured>> = {
      bare: (mark) => bareLimit(system, ids, mark),
      tutorial: (mark) => tutorialsWay(system, mark),
      direct: (mark) => byJob(system, { deviceIds: ids, engine: 'direct', tags: { mark } }),
      where: (mark) => byJob(system, { where: everywhere, engine: 'direct', tags: { mark } }),
      queue: (mark) => byJob(system, { deviceIds: ids, engine: 'queue', tags: { mark } }),
      hubJob: (mark) => byJob(system, { where: everywhere, engine: 'hubJob', tags: { mark } }),
    };
    for (let run = 0; run <= runs; run++) {
      for (const [name, contender] of Object.entries(contenders)) {
        const measured = await contender(Math.round(performance.now() * 1000));
        if (run > 0) taken[name] = [...(taken[name] ?? []), measured]; // the first round only warms the processes
      }
    }
  } finally {
    await system.stop();
  }
  return toRows(taken);
}

function toRows(taken: Record<string, Measured[]>): Row[] {
  const of = (name: string) => median(taken[name] ?? []);
  const [bare, tutorial] = [of('bare'), of('tutorial')];
  const rows = (name: string, words: string, note = ''): Row[] => {
    const { ms, requests } = of(name);
    const what = `tag ${devices} devices: ${words}`;
    const isFast = name !== 'hubJob';
    return [
      {
        what,
        value: tutorial.ms / ms,
        unit: '×',
        baseline: { what: "the tutorial's way", value: 1 },
        ...(isFast ? { aim: '≥ 20×' } : {}),
        note: `${inSeconds(ms)} and ${requests} hub requests against ${inSeconds(tutorial.ms)} and ${tutorial.requests}${note}`,
      },
      ...(isFast
        ? [
            {
              what: `${what}, rate`,
              value: (devices / ms) * 1000,
              unit: '/s' as const,
              baseline: { what: `bare PATCHes over ${connections} connections`, value: (devices / bare.ms) * 1000 },
              aim: '≥ 0.9×',
            },
          ]
        : []),
    ];
  };
  const scaled = sample < devices ? ` (${sample} of them measured, the reads and updates scaled)` : '';
  return [
    ...rows('direct', 'direct, of a list', scaled),
    ...rows('where', 'direct, of a condition'),
    ...rows('queue', 'by queue, of a list', `; at S1 ${devices / 50} s`),
    ...rows('hubJob', 'by a hub job, of a condition', `; at S1 ${devices / 10} s`),
  ];
}

function median(measured: Measured[]): Measured {
  return [...measured].sort((one, other) => one.ms - other.ms)[measured.length >> 1] ?? { ms: Number.NaN, requests: 0 };
}

function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** From the request to the end of the job; every device must have been tagged. */
async function byJob({ urls: [url], served }: FleetSystem, body: object): Promise<Measured> {
  const before = await served();
  const start = performance.now();
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/api/tagJobs`, { method: 'POST', headers, body: JSON.stringify(body) });
  let job = (await answer.json()) as JobDocument;
  if (!answer.ok) throw new Error(JSON.stringify(job));
  let ms = performance.now() - start;
  while (job.state === 'queued' || job.state === 'running') {
    await sleep(100);
    job = (await (await fetch(`${url}/api/tagJobs/${job.jobId}`)).json()) as JobDocument;
    ms = performance.now() - start;
  }
  if (job.counts.succeeded !== devices) throw new Error(`${job.engine}: ${JSON.stringify(job.counts)}`);
  return { ms, requests: requestsBetween(before, await served()) };
}

/** Lists all, reads each twin, searches its text, updates it, one after another. */
async function tutorialsWay({ emulator }: FleetSystem, mark: number): Promise<Measured> {
  const { registry, end } = tutorialRegistry({
    port: emulator.httpsPort,
    ca: emulator.ca,
    connectionString: emulator.env.IOTHUB_CONNECTION_STRING ?? '',
  });
  const start = performance.now();
  const ids: string[] = [];
  let requests = 0;
  for await (const twins of allTwins(registry)) {
    requests++;
    ids.push(...twins.map(({ deviceId }) => deviceId));
  }
  const listed = performance.now();
  if (ids.length !== devices) throw new Error(`The query told ${ids.length} devices.`);
  for (const id of ids.slice(0, sample)) {
    const { responseBody: twin } = await registry.getTwin(id);
    if (!JSON.stringify(twin).includes('region')) throw new Error(`${id} is in no region.`);
    await registry.updateTwin(id, { tags: { mark } }, twin.etag);
  }
  const tagged = performance.now() - listed;
  end();
  return { ms: listed - start + (tagged * devices) / sample, requests: requests + 2 * devices };
}

/** How long the hub takes for as many updates from a client that costs next to nothing. */
async function bareLimit({ emulator }: FleetSystem, ids: string[], mark: number): Promise<Measured> {
  const authorization = signToken(emulator.env.IOTHUB_CONNECTION_STRING ?? '');
  const body = JSON.stringify({ tags: { mark } });
  const requests = ids.map((id) =>
    [
      `PATCH /twins/${id}?api-version=2021-04-12 HTTP/1.1`,
      'host: localhost',
      `authorization: ${authorization}`,
      'content-type: application/json',
      'if-match: *',
      `content-length: ${body.length}`,
      '',
      body,
    ].join('\r\n'),
  );
  const rate = await answersPerSecond({ port: emulator.httpsPort, ca: emulator.ca, connections, requests }, bareMs);
  return { ms: (devices / rate) * 1000, requests: devices };
}

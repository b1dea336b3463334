import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Row } from '../row';
import { startFleet, unhindered } from './fleetSystem';

const rounds = 300;
const warmUp = 100;
const fleet = 1000;

interface Asked {
  name: string;
  method: string;
  path: string;
  body?: object;
}

/** What a warm request to each HTTP function takes, against one to an empty function of the same app. */
export async function warm(): Promise<Row[]> {
  const scriptRoot = await appWithEmptyFunction();
  const system = await startFleet({ simulated: fleet, ...unhindered, scriptRoot });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const [url = ''] = system.urls;
    const device = '/api/devices/sim-000001';
    const tag = { method: 'POST', path: '/api/tagJobs', body: { deviceIds: ['sim-000001'], tags: { mark: 1 } } };
    const job = JSON.parse((await ask(url, agent, tag)).text) as { jobId: string };
    const get = (name: string, path: string): Asked => ({ name, method: 'GET', path });
    const asked: Asked[] = [
      get('empty', '/api/empty'),
      get('getTwin', device),
      { name: 'tagTwin', method: 'PATCH', path: `${device}/tags`, body: { mark: 1 } },
      get('queryTwins', '/api/devices?location=Redmond43&connectivity=cellular&limit=10'),
      get('summary', '/api/summary'),
      get('statistics', '/api/statistics'),
      get('deviceChanges', `${device}/changes`),
      get('locations', '/api/locations'),
      get('locationDevices', '/api/locations/devices?location=Redmond43'),
      { name: 'tagTwins (one device, direct)', ...tag },
      get('tagJob', `/api/tagJobs/${job.jobId}`),
      get('openapi', '/api/openapi.json'),
    ];
    const taken = await measure(url, agent, asked);
    const empty = taken.get('empty') ?? Number.NaN;
    return asked.slice(1).map(({ name }) => ({
      what: `warm request to ${name}, p50`,
      value: taken.get(name) ?? Number.NaN,
      baseline: { what: 'to an empty function of the same app', value: empty },
      note: calls[name] ?? '',
    }));
  } finally {
    agent.destroy();
    await system.stop();
    await rm(scriptRoot, { recursive: true });
  }
}

/** What a request waits for. */
const calls: Record<string, string> = {
  getTwin: 'one call of the hub',
  tagTwin: 'one call of the hub',
  queryTwins: 'one call of the hub',
  summary: 'one call of the hub',
  statistics: 'one call of the hub',
  deviceChanges: 'one call of the tables',
  locations: 'one call of the tables',
  locationDevices: 'one call of the tables',
  'tagTwins (one device, direct)': 'one call of the hub, two of the tables',
  tagJob: 'two calls of the tables',
  openapi: 'nothing',
};

/** The built app, in whose process there is an empty function, too. */
async function appWithEmptyFunction(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-'));
  await cp('dist', join(dir, 'dist'), { recursive: true });
  await cp('host.json', join(dir, 'host.json'));
  await writeFile(join(dir, 'package.json'), JSON.stringify({ main: 'dist/{index,empty}.js' }));
  await build({
    stdin: {
      contents: `import { app } from '@azure/functions'; app.get('empty', { handler: () => ({ body: '' }) });`,
      resolveDir: process.cwd(),
    },
    outfile: join(dir, 'dist/empty.js'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['@azure/functions-core'],
  });
  return dir;
}

/** The median of each, asked in turn so that a drift of the machine hits all alike. */
async function measure(url: string, agent: Agent, asked: Asked[]): Promise<Map<string, number>> {
  const times = new Map<string, number[]>(asked.map(({ name }) => [name, []]));
  for (let round = -warmUp; round < rounds; round++) {
    for (const each of asked) {
      const { ms, status, text } = await ask(url, agent, each);
      if (status !== 200) throw new Error(`${each.name} answered ${status}: ${text}`);
      if (round >= 0) times.get(each.name)?.push(ms);
    }
  }
  return new Map([...times].map(([name, taken]) => [name, median(taken)]));
}

function ask(url: string, agent: Agent, { method, path, body }: Omit<Asked, 'name'>) {
  return new Promise<{ ms: number; status: number; text: string }>((resolve, reject) => {
    const start = performance.now();
    const headers = body ? { 'content-type': 'application/json' } : {};
    const sent = request(url + path, { method, agent, headers }, async (reply) => {
      const text = Buffer.concat(await reply.toArray()).toString();
      resolve({ ms: performance.now() - start, status: reply.statusCode ?? 0, text });
    });
    sent.on('error', reject).end(body && JSON.stringify(body));
  });
}

function median(times: number[]): number {
  return [...times].sort((one, other) => one - other)[times.length >> 1] ?? Number.NaN;
}

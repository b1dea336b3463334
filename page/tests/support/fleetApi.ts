import { type MadeDevice, makeChanges, makeFeed, makeTrends, makeTwin } from './fleet';
import { type Asked, problem, type Told } from './scriptedApp';

const hubDown = problem(503, 'The hub is not available', 'The hub does not answer; try again later.', {
  'retry-after': '5',
});

interface MadeJob {
  jobId: string;
  polls: number;
  total: number;
  reason: string | undefined;
  isCancelled: boolean;
}

/** The API over a made-up fleet, as far as the page uses it. */
export class FleetApi {
  /** What of the feed comes with each answer. */
  perAnswer = 3;
  isHubDown = false;
  version = 7;
  readonly jobs = new Map<string, MadeJob>();
  #cursor = 1;

  constructor(readonly devices: readonly MadeDevice[]) {}

  readonly tell = (asked: Asked): Told => {
    const { method, path, query } = asked;
    if (path === 'trends') return { json: this.#trends(query) };
    if (path === 'changes') return { json: this.#feed(query) };
    if (path === 'locations/devices') return { json: this.#members(query) };
    if (path === 'tagJobs' && method === 'GET')
      return { json: { jobs: [...this.jobs.values()].reverse().map(documentOf) } };
    if (path.startsWith('tagJobs/') && !path.endsWith('/undo')) return this.#job(asked);
    if (path.endsWith('/changes')) return { json: { changes: makeChanges(6, Date.now() - 60_000) } };
    if (this.isHubDown) return hubDown;
    if (path === 'statistics') {
      const total = this.devices.length;
      return { json: { totalDeviceCount: total, enabledDeviceCount: total - 3, disabledDeviceCount: 3 } };
    }
    if (path === 'devices') return { json: this.#query(query) };
    if (path.endsWith('/undo')) {
      if (!query.has('dryRun')) this.version++;
      return this.#write(asked, 1);
    }
    if (path === 'tagJobs') return this.#write(asked, this.#targetsOf(asked));
    return this.#device(asked);
  };

  #trends(query: URLSearchParams) {
    const now = Date.now();
    return makeTrends(
      this.devices,
      Date.parse(query.get('from') ?? ''),
      now - 40_000,
      Number(query.get('step') ?? 300),
    );
  }

  #feed(query: URLSearchParams) {
    const after = query.get('after');
    if (after === 'now') return { changes: [], next: `${this.#cursor}` };
    if (query.get('type') === 'DeviceTwins.DeviceMoved') {
      if (after === 'end') return { changes: [], next: 'end' };
      const moves = makeFeed(200, this.devices, Date.now() - 3_600_000);
      return { changes: moves.filter(({ type }) => type === 'DeviceTwins.DeviceMoved'), next: 'end' };
    }
    return { changes: makeFeed(this.perAnswer, this.devices), next: `${++this.#cursor}` };
  }

  #members(query: URLSearchParams) {
    const location = query.get('location');
    const connectivity = query.get('connectivity');
    const all = this.devices.filter(
      (each) => each.location === location && (connectivity === null || each.connectivity === connectivity),
    );
    return {
      location,
      ...pageOf(all, query, 1000, ({ deviceId, connectivity: by }) => ({
        deviceId,
        connectivity: by,
        since: '2026-03-02T08:14:00Z',
      })),
      comparedAt: new Date(Date.now() - 240_000).toISOString(),
      filled: 1,
    };
  }

  #query(query: URLSearchParams) {
    const page = pageOf(this.devices, query, 100, (device) => ({ ...device, tags: { site: { floor: 3 } } }));
    const freshness = { source: 'queryIndex', askedAt: new Date().toISOString() };
    return { ...page, freshness, ...(query.get('count') === 'true' ? { count: this.devices.length } : {}) };
  }

  #device({ method, path, headers, body }: Asked): Told {
    const [, deviceId = ''] = path.split('/');
    if (deviceId === 'unknown') return problem(404, 'There is no such device', 'No device has this id.');
    if (method !== 'PATCH') return { json: makeTwin(deviceId, this.version) };
    if (headers['if-match'] !== `"etag-${this.version}"`) return problem(412, 'The twin has changed', 'Read it again.');
    this.version++;
    return { json: { deviceId, etag: `etag-${this.version}`, version: this.version, tags: JSON.parse(body) } };
  }

  #targetsOf({ body, headers }: Asked): number {
    if (headers['content-type'] !== 'application/json') return body.trim().split('\n').length - 1;
    const { deviceIds } = JSON.parse(body) as { deviceIds?: string[] };
    return deviceIds?.length ?? this.devices.length;
  }

  #write({ query, body }: Asked, total: number): Told {
    if (body === '') return problem(415, 'The content type is not supported', 'Send application/json.');
    const engine = total > 500 ? 'queue' : 'direct';
    const sample = this.devices.slice(0, Math.min(10, total)).map(({ deviceId }) => deviceId);
    if (query.get('dryRun') === 'true') {
      return { json: { dryRun: true, engine, devices: total, sample, expectedSeconds: Math.ceil(total / 50) } };
    }
    const job = {
      jobId: `job-${this.jobs.size + 1}`,
      polls: 0,
      total,
      reason: query.get('reason') ?? undefined,
      isCancelled: false,
    };
    if (engine === 'queue') {
      this.jobs.set(job.jobId, job);
      return { status: 202, json: documentOf(job) };
    }
    const results = sample.map((deviceId, index) =>
      index === 1 ? { deviceId, status: 404, detail: 'There is no such device.' } : { deviceId, status: 200 },
    );
    const failed = results.filter(({ status }) => status !== 200).length;
    const counts = { total, succeeded: total - failed, failed, pending: 0 };
    return { json: { ...documentOf(job), engine: 'direct', state: 'completed', counts, results } };
  }

  #job({ method, path }: Asked): Told {
    const [, jobId = '', part] = path.split('/');
    const job = this.jobs.get(jobId);
    if (!job) return problem(404, 'There is no such job', 'No job has this id.');
    if (method === 'DELETE') job.isCancelled = true;
    if (part === 'outcomes') {
      const { counts } = documentOf(job);
      const outcomes = this.devices.slice(0, 1000).map(({ deviceId }, index) => ({
        deviceId,
        ...(index >= counts.succeeded + counts.failed
          ? { outcome: 'pending' }
          : index % 40 === 7
            ? { outcome: 'failed', status: 404, detail: 'There is no such device.' }
            : { outcome: 'succeeded', status: 200 }),
      }));
      return { json: { jobId, outcomes } };
    }
    job.polls++;
    return { json: documentOf(job) };
  }
}

function documentOf({ jobId, polls, total, reason, isCancelled }: MadeJob) {
  const done = Math.min(total, Math.round((total * polls) / 4));
  const failed = Math.round(done / 40);
  return {
    jobId,
    engine: 'queue',
    state: isCancelled ? 'cancelled' : done === total ? 'completed' : polls === 0 ? 'queued' : 'running',
    counts: { total, succeeded: done - failed, failed, pending: total - done },
    expectedSeconds: Math.ceil(total / 50),
    createdAt: new Date(Date.now() - 65_000).toISOString(),
    ...(done === total || isCancelled ? { endedAt: new Date().toISOString() } : {}),
    by: 'function key',
    ...(reason === undefined ? {} : { reason }),
    failures: [],
  };
}

/** A page of a list, its continuation the number of the next row. */
function pageOf<T, Told>(all: readonly T[], query: URLSearchParams, most: number, tell: (each: T) => Told) {
  const from = Number(query.get('continuation') ?? 0);
  const to = from + Number(query.get('limit') ?? most);
  return {
    devices: all.slice(from, to).map(tell),
    ...(to < all.length ? { continuation: `${to}` } : {}),
  };
}

import { Ordered } from '../query/ordered';
import { QueryError } from '../query/queryError';
import type { Collection } from '../query/source';
import { HubError } from '../service/hubError';
import { serviceTime } from '../service/time';
import type { JsonObject } from '../service/types';
import type { Store } from '../store/store';
import { DeviceJob, DeviceJobs, type JobType } from './deviceJobs';
import { findDevices } from './findDevices';
import { isActive, type Job, type JobRequest, toJobDocument } from './job';
import type { JobHub } from './jobHub';
import { KeptJobs } from './keptJobs';
import { Pace } from './pace';
import { type Meter, runOnDevices } from './runJob';

/** What jobs are made of. */
export interface JobsOptions {
  hub: JobHub;
  /** Where jobs outlive the process; in memory only where absent. */
  store?: Store | undefined;
  limits?: JobLimits | undefined;
}

/** What jobs may do. */
export interface JobLimits {
  /** How many jobs may be scheduled or running at a time. Default: 10, the most that an edition has. */
  concurrency?: number | undefined;
  /** How many devices all jobs together work on in a second. Default: as many as it goes. */
  perSecond?: number | undefined;
  /** Counts the messages that jobs cost. Default: nobody. */
  meter?: Meter | undefined;
}

/** The service keeps jobs for 30 days. */
const retentionMs = 30 * 86_400_000;

/** Which jobs to list; all where nothing is said. */
export interface JobFilter {
  type?: string | undefined;
  status?: string | undefined;
}

/**
 * The jobs of a hub: twin updates and direct methods on many devices (Azure IoT Hub, "Schedule jobs on multiple devices").
 *
 * A promise resolves when its change is durable. Jobs go on where they were after {@link Jobs.start}.
 */
export class Jobs {
  readonly #jobs = new Map<string, Job>();
  /** The rows of `devices.jobs`. */
  readonly devices: Collection;
  readonly #devices = new Ordered<DeviceJob>();
  readonly #kept: KeptJobs;
  readonly #pace: Pace;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #stopped = new AbortController();
  readonly #concurrency: number;
  /** Microseconds of the epoch to begin with: a place is never taken again, by a later process neither. */
  #lastOrdinal = Date.now() * 1000;

  constructor(private readonly options: JobsOptions) {
    this.devices = this.#devices;
    this.#concurrency = options.limits?.concurrency ?? 10;
    this.#pace = new Pace(options.limits?.perSecond);
    this.#kept = new KeptJobs(options.store);
    for (const job of this.#kept.load()) {
      this.#jobs.set(job.state.jobId, job);
      this.#lastOrdinal = Math.max(this.#lastOrdinal, job.state.ordinal);
      for (const device of job.devices.all()) {
        this.#devices.add(device);
        this.#lastOrdinal = Math.max(this.#lastOrdinal, device.ordinal);
      }
    }
  }

  /** Goes on with the jobs that were not done when the hub stopped. */
  start(): void {
    this.#forgetOld();
    for (const job of this.#jobs.values()) if (isActive(job)) this.#schedule(job);
  }

  /** Leaves what is not done for the next start; resolves when nothing is written any more. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await this.#kept.close();
  }

  /**
   * Takes a job; the answer is that of a job which waits for its turn, as the service's is.
   *
   * @throws HubError JobAlreadyExists, ThrottlingMaxActiveJobCountExceeded
   */
  async create(request: JobRequest): Promise<JsonObject> {
    const { jobId } = request;
    this.#kept.check();
    this.#forgetOld();
    if (this.#jobs.has(jobId)) {
      throw new HubError('JobAlreadyExists', `A job with ID '${jobId}' already exists.`);
    }
    if ([...this.#jobs.values()].filter(isActive).length >= this.#concurrency) {
      const text = `At most ${this.#concurrency} job(s) can be scheduled or running at a time.`;
      throw new HubError('ThrottlingMaxActiveJobCountExceeded', text);
    }
    const createdTime = serviceTime();
    const { startTime = createdTime } = request;
    const status = request.startTime === undefined ? 'queued' : 'scheduled';
    const state = { ...request, ordinal: ++this.#lastOrdinal, status, createdTime, startTime } as const;
    const job: Job = { state, devices: new DeviceJobs() };
    this.#jobs.set(jobId, job);
    await this.#kept.keep(job);
    this.#schedule(job);
    return { ...toJobDocument(job), status: 'queued' };
  }

  find(jobId: string): JsonObject | undefined {
    const job = this.#jobs.get(jobId);
    return job && toJobDocument(job);
  }

  /** Jobs of a kind that were made after a place, in the order of their creation. */
  *list({ type, status }: JobFilter, after: number): Iterable<{ ordinal: number; document: JsonObject }> {
    for (const job of this.#jobs.values()) {
      const { ordinal, work, status: is } = job.state;
      if (ordinal <= after || (type ?? work.type) !== work.type || (status ?? is) !== is) continue;
      yield { ordinal, document: toJobDocument(job) };
    }
  }

  /**
   * Cancels a job that does not run yet.
   *
   * @throws HubError JobNotFound, OperationNotAllowedInCurrentState
   */
  async cancel(jobId: string): Promise<JsonObject> {
    this.#kept.check();
    const job = this.#jobs.get(jobId);
    if (!job) throw new HubError('JobNotFound', `There is no job '${jobId}'.`);
    const { status } = job.state;
    if (status !== 'queued' && status !== 'scheduled') {
      throw new HubError(
        'OperationNotAllowedInCurrentState',
        `The job '${jobId}' is ${status}: it cannot be cancelled.`,
      );
    }
    clearTimeout(this.#timers.get(jobId));
    await this.#end(job, 'cancelled');
    return toJobDocument(job);
  }

  /** Starts a job when its time comes. */
  #schedule(job: Job): void {
    const { jobId, startTime } = job.state;
    const begin = () => {
      this.#timers.delete(jobId);
      void this.#run(job);
    };
    const timer = setTimeout(begin, Math.max(Date.parse(startTime) - Date.now(), 0)).unref();
    this.#timers.set(jobId, timer);
  }

  /** Never rejects: where a job cannot even be kept as failed, the store fails every other write of the hub as well. */
  async #run(job: Job): Promise<void> {
    await this.#work(job)
      .catch((error: unknown) => this.#end(job, 'failed', reasonOf(error)))
      .catch(() => undefined);
  }

  async #work(job: Job): Promise<void> {
    if (!isActive(job)) return;
    const { signal } = this.#stopped;
    // A job that was kept as running has its devices.
    if (job.state.status !== 'running') await this.#begin(job);
    if (signal.aborted) return;
    const { hub, limits: { meter } = {} } = this.options;
    await runOnDevices(job, { hub, meter, kept: this.#kept, pace: this.#pace, signal });
    if (signal.aborted) return;
    await this.#end(job, 'completed');
  }

  /** Finds the job's devices. It is kept as running with all of them: else it begins anew. */
  async #begin(job: Job): Promise<void> {
    const { jobId, work, queryCondition } = job.state;
    job.state = { ...job.state, status: 'running', began: Date.now() };
    const { hub } = this.options;
    const blocks: Promise<void>[] = [];
    for await (const ids of findDevices((sql, page) => hub.query(sql, page), queryCondition)) {
      if (this.#stopped.signal.aborted) return;
      const block = ids.map((deviceId) => this.#newDevice({ jobId, jobType: work.type }, deviceId));
      job.devices.add(block);
      blocks.push(this.#kept.keepBlock(job, job.devices.blocks.length - 1));
    }
    await Promise.all(blocks);
    await this.#kept.keep(job);
  }

  #newDevice(job: { jobId: string; jobType: JobType }, deviceId: string): DeviceJob {
    const now = serviceTime();
    const ordinal = ++this.#lastOrdinal;
    const device = new DeviceJob(job, { ordinal, deviceId, status: 'pending', createdTime: now, lastUpdatedTime: now });
    this.#devices.add(device);
    return device;
  }

  async #end(job: Job, status: 'completed' | 'failed' | 'cancelled', failureReason?: string): Promise<void> {
    const reason = failureReason === undefined ? {} : { failureReason };
    job.state = { ...job.state, status, endTime: serviceTime(), ...reason };
    await this.#kept.keep(job);
  }

  #forgetOld(): void {
    for (const [jobId, job] of this.#jobs) {
      const { endTime } = job.state;
      if (endTime === undefined || Date.parse(endTime) > Date.now() - retentionMs) continue;
      this.#jobs.delete(jobId);
      for (const { ordinal } of job.devices.all()) this.#devices.delete(ordinal);
      void this.#kept.forget(job).catch(() => undefined);
    }
  }
}

/** In the words of a real hub where the condition is none. */
function reasonOf(error: unknown): string {
  if (!(error instanceof QueryError)) return error instanceof Error ? error.message : String(error);
  const [, detail = error.message] = /^SQL query parse failed: (.*)$/s.exec(error.message) ?? [];
  return `SQL query parse failed due to following errors: \n\t${detail}`;
}

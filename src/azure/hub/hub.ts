import * as z from 'zod/mini';
import type { Condition } from '../../conditions/condition';
import { holdsPatch } from '../../twins/holdsPatch';
import { isEmptyPatch, type TagsPatch } from '../../twins/tags';
import { type RegistryStatistics, statisticsSchema, type Twin, twinSchema } from '../../twins/twin';
import type { HubCall, HubConnection } from './hubConnection';
import { HubError, type HubErrorCode, staleTwin } from './hubError';
import {
  createJob,
  endJob,
  type HubJob,
  type JobDevice,
  type JobFailure,
  type JobSchedule,
  jobCondition,
  jobDeviceSchema,
  jobDevicesQuery,
  jobFailureSchema,
  jobFailuresQuery,
  readJob,
} from './hubJobs';
import type { CallOptions } from './operationKind';
import type { Reply } from './reply';
import type { Attempt } from './scheduler';
import type { Access } from './toHubError';

const twinAccess: Access = { right: 'ServiceConnect', role: 'IoT Hub Twin Contributor' };
const registryAccess: Access = { right: 'RegistryRead', role: 'IoT Hub Data Reader' };

/** Most rows that one reply to a query holds. */
export const maxPageSize = 100;

/** IoT Hub counts query results against the day's messages in blocks of this many bytes. */
const meterBytes = 4096;

/** Which page of a query to ask for; rows per page are at most {@link maxPageSize}. */
export interface PageRequest {
  pageSize: number;
  continuation?: string | undefined;
}

/** One page of a query; it may be short, or empty, while there are more. */
export interface QueryPage<Row> {
  rows: Row[];
  /** The hub's token for the next page; it wants the same query and page size again. */
  continuation: string | undefined;
  /** Requests that the page took, the repeated ones included. */
  requests: number;
  /** About how many of the day's messages the page cost. */
  messages: number;
}

/**
 * How a write that is repeated may meet what an earlier attempt, whose outcome is unknown, has done: it is refused by a
 * code, and a look tells. What is as it was to be made is what the caller asked for.
 */
interface Echo<T> {
  code: HubErrorCode;
  look: HubCall<T>;
  isMade(found: T): boolean;
}

/**
 * The IoT Hub operations that the app uses. Each call goes through the scheduler of the connection, has a deadline over
 * all its attempts, and fails with a {@link HubError}.
 */
export class Hub {
  constructor(
    private readonly connection: HubConnection,
    private readonly deadlineMs: number,
    private readonly options: CallOptions = {},
  ) {}

  /** The hub's name, in lower case. */
  get name(): string {
    return this.connection.hubName;
  }

  /** The hub's time, never ahead of it; undefined before this connection's first answer. */
  now(): Date | undefined {
    return this.connection.clock.now();
  }

  /** Reads a twin: the present one, which queries may not show yet. */
  async getTwin(deviceId: string): Promise<Twin> {
    const { body } = await this.call(readTwin(deviceId));
    return body;
  }

  /**
   * Merges a patch into a twin's tags.
   *
   * Repeating it is safe: a merge patch applied twice is the same as once, and with an etag it applies once at most.
   * But with an etag, 412 after an attempt whose outcome is unknown may be the echo of our own write. Then the twin
   * tells: if it holds the patch, the caller has what it asked for. An empty patch is not sent: the twin is read.
   *
   * @param etag of the twin that the patch is meant for; `*` for any.
   * @param mayBeDone whether an earlier call may have done it already: then the twin tells after any 412.
   */
  async updateTags(deviceId: string, tags: TagsPatch, etag: string, mayBeDone = false): Promise<Twin> {
    if (isEmptyPatch(tags)) return this.readIf(deviceId, etag);
    const echo: Echo<Twin> = {
      code: 'etagMismatch',
      look: readTwin(deviceId),
      isMade: (twin) => holdsPatch(twin.tags ?? {}, tags),
    };
    return this.write(writeTags(deviceId, tags, etag), echo, mayBeDone);
  }

  /** Counts the devices of the registry. Needs the right RegistryRead, which twins do not. */
  async getStatistics(): Promise<RegistryStatistics> {
    const { body } = await this.call({
      kind: 'registry',
      invoke: ({ registry }) => registry.getRegistryStatistics(),
      schema: statisticsSchema,
      access: registryAccess,
    });
    return body;
  }

  /** Asks for one page of a query. What it tells comes from an index that lags: seconds, at times half an hour. */
  async queryPage<Row>(query: string, row: z.ZodMiniType<Row>, page: PageRequest): Promise<QueryPage<Row>> {
    const { body, headers, requests } = await this.call({
      kind: 'query',
      // The token is passed even where there is none: without an argument the SDK would ask for page one for ever.
      invoke: ({ registry }) => registry.createQuery(query, page.pageSize).next(page.continuation ?? ''),
      schema: z.array(row),
      access: twinAccess,
    });
    const continuation = headers['x-ms-continuation'];
    return {
      rows: body,
      continuation: typeof continuation === 'string' && continuation !== '' ? continuation : undefined,
      requests,
      messages: Math.max(1, Math.ceil(Buffer.byteLength(JSON.stringify(body)) / meterBytes)),
    };
  }

  /** The pages of a query, one request each as they are asked for; ends where the token is absent or repeats. */
  async *queryPages<Row>(query: string, row: z.ZodMiniType<Row>, pageSize = maxPageSize) {
    let continuation: string | undefined;
    for (;;) {
      const page: QueryPage<Row> = await this.queryPage(query, row, { pageSize, continuation });
      yield page;
      if (page.continuation === undefined || page.continuation === continuation) return;
      continuation = page.continuation;
    }
  }

  /**
   * Has the hub itself merge a patch into the tags of all devices that meet a condition. It works on about ten devices
   * a second at S1, and on one job at a time.
   *
   * @param jobId of lower-case letters, digits and `-`, never used before.
   * @param condition all devices where it is undefined.
   */
  async scheduleTwinUpdate(
    jobId: string,
    condition: Condition | undefined,
    tags: TagsPatch,
    schedule: JobSchedule = {},
  ): Promise<HubJob> {
    const text = jobCondition(condition);
    return this.write(createJob(jobId, text, tags, schedule), {
      code: 'jobExists',
      look: readJob(jobId),
      isMade: ({ queryCondition }) => queryCondition === text,
    });
  }

  /** @throws HubError `unknownJob`; the hub itself answers a job of the status `unknown`. */
  async getJob(jobId: string): Promise<HubJob> {
    const { body } = await this.call(readJob(jobId));
    if (body.status === 'unknown') throw new HubError('unknownJob', 'The hub has no such job.');
    return body;
  }

  /**
   * Cancels a job that waits. The hub may still call it `scheduled` for a while.
   *
   * @throws HubError `jobState` where it runs or has ended; `unknownJob`.
   */
  async cancelJob(jobId: string): Promise<HubJob> {
    return this.write(endJob(jobId), {
      code: 'jobState',
      look: readJob(jobId),
      isMade: ({ status }) => status === 'cancelled',
    });
  }

  /** Asks for one page of the devices that a job failed on. */
  async jobFailures(jobId: string, page: PageRequest): Promise<QueryPage<JobFailure>> {
    return this.queryPage(jobFailuresQuery(jobId), jobFailureSchema, page);
  }

  /** Asks for one page of the devices of a job, with what became of them. */
  async jobDevices(jobId: string, page: PageRequest): Promise<QueryPage<JobDevice>> {
    return this.queryPage(jobDevicesQuery(jobId), jobDeviceSchema, page);
  }

  private async readIf(deviceId: string, etag: string): Promise<Twin> {
    const twin = await this.getTwin(deviceId);
    if (etag === '*' || etag === twin.etag) return twin;
    throw new HubError('etagMismatch', staleTwin);
  }

  /** Makes a call that changes something, as one that is safe to repeat: see {@link Echo}. */
  private async write<T>(call: HubCall<T>, { code, look, isMade }: Echo<T>, mayBeDone = false): Promise<T> {
    const end = performance.now() + this.deadlineMs;
    let outcomeUnknown = mayBeDone;
    const attempt = async (signal: AbortSignal) => {
      try {
        return (await this.connection.send(call, signal)).body;
      } catch (error) {
        outcomeUnknown ||= error instanceof HubError && error.code === 'unavailable';
        throw error;
      }
    };
    try {
      return await this.schedule(call, attempt);
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== code || !outcomeUnknown) throw error;
      const { body } = await this.call(look, end - performance.now());
      if (!isMade(body)) throw error;
      return body;
    }
  }

  private call<T>(call: HubCall<T>, deadlineMs?: number): Promise<Reply<T> & { requests: number }> {
    const attempt = async (signal: AbortSignal, retry: number) => ({
      ...(await this.connection.send(call, signal)),
      requests: retry + 1,
    });
    return this.schedule(call, attempt, deadlineMs);
  }

  private schedule<T>(
    { kind }: HubCall<unknown>,
    attempt: Attempt<T>,
    deadlineMs: number = this.deadlineMs,
  ): Promise<T> {
    return this.connection.scheduler.run(kind, deadlineMs, attempt, this.options);
  }
}

function readTwin(deviceId: string): HubCall<Twin> {
  return {
    kind: 'twinRead',
    invoke: ({ registry }) => registry.getTwin(deviceId),
    schema: twinSchema,
    access: twinAccess,
  };
}

function writeTags(deviceId: string, tags: TagsPatch, etag: string): HubCall<Twin> {
  return {
    kind: 'twinWrite',
    invoke: ({ registry }) => registry.updateTwin(deviceId, { tags }, etag),
    schema: twinSchema,
    access: twinAccess,
  };
}

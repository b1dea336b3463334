import * as z from 'zod/mini';
import { holdsPatch } from '../twins/holdsPatch';
import type { TagsPatch } from '../twins/tags';
import { type RegistryStatistics, statisticsSchema, type Twin, twinSchema } from '../twins/twin';
import type { Reply } from './exchange';
import type { HubCall, HubConnection } from './hubConnection';
import { HubError } from './hubError';
import type { CallOptions, OperationKind } from './operationKind';
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
 * The IoT Hub operations that the app uses. Each call goes through the scheduler of the connection, has a deadline over
 * all its attempts, and fails with a {@link HubError}.
 */
export class Hub {
  constructor(
    private readonly connection: HubConnection,
    private readonly deadlineMs: number,
    private readonly options: CallOptions = {},
  ) {}

  /** Reads a twin: the present one, which queries may not show yet. */
  async getTwin(deviceId: string): Promise<Twin> {
    const { body } = await this.call('twinRead', readTwin(deviceId));
    return body;
  }

  /**
   * Merges a patch into a twin's tags.
   *
   * Repeating it is safe: a merge patch applied twice is the same as once, and with an etag it applies once at most.
   * But with an etag, 412 after an attempt whose outcome is unknown may be the echo of our own write. Then the twin
   * tells: if it holds the patch, the caller has what it asked for.
   *
   * @param etag of the twin that the patch is meant for; `*` for any.
   */
  async updateTags(deviceId: string, tags: TagsPatch, etag: string): Promise<Twin> {
    const end = performance.now() + this.deadlineMs;
    let outcomeUnknown = false;
    const call = writeTags(deviceId, tags, etag);
    try {
      const { body } = await this.schedule('twinWrite', this.deadlineMs, async (signal) => {
        try {
          return await this.connection.send(call, signal);
        } catch (error) {
          outcomeUnknown ||= error instanceof HubError && error.code === 'unavailable';
          throw error;
        }
      });
      return body;
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== 'etagMismatch' || !outcomeUnknown) throw error;
      return this.confirm(deviceId, tags, error, end - performance.now());
    }
  }

  /** Counts the devices of the registry. Needs the right RegistryRead, which twins do not. */
  async getStatistics(): Promise<RegistryStatistics> {
    const { body } = await this.call('registry', {
      invoke: (registry) => registry.getRegistryStatistics(),
      schema: statisticsSchema,
      access: registryAccess,
    });
    return body;
  }

  /** Asks for one page of a query. What it tells comes from an index that lags: seconds, at times half an hour. */
  async queryPage<Row>(query: string, row: z.ZodMiniType<Row>, page: PageRequest): Promise<QueryPage<Row>> {
    const { body, headers, requests } = await this.call('query', {
      // The token is passed even where there is none: without an argument the SDK would ask for page one for ever.
      invoke: (registry) => registry.createQuery(query, page.pageSize).next(page.continuation ?? ''),
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

  private call<T>(kind: OperationKind, call: HubCall<T>): Promise<Reply<T> & { requests: number }> {
    return this.schedule(kind, this.deadlineMs, async (signal, retry) => ({
      ...(await this.connection.send(call, signal)),
      requests: retry + 1,
    }));
  }

  private schedule<T>(kind: OperationKind, deadlineMs: number, attempt: Attempt<T>): Promise<T> {
    return this.connection.scheduler.run(kind, deadlineMs, attempt, this.options);
  }

  private async confirm(deviceId: string, tags: TagsPatch, mismatch: HubError, deadlineMs: number): Promise<Twin> {
    const read = readTwin(deviceId);
    const { body: twin } = await this.schedule('twinRead', deadlineMs, (signal) => this.connection.send(read, signal));
    if (!holdsPatch(twin.tags ?? {}, tags)) throw mismatch;
    return twin;
  }
}

function readTwin(deviceId: string): HubCall<Twin> {
  return { invoke: (registry) => registry.getTwin(deviceId), schema: twinSchema, access: twinAccess };
}

function writeTags(deviceId: string, tags: TagsPatch, etag: string): HubCall<Twin> {
  return {
    invoke: (registry) => registry.updateTwin(deviceId, { tags }, etag),
    schema: twinSchema,
    access: twinAccess,
  };
}

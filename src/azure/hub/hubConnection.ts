import { randomUUID } from 'node:crypto';
import { Agent } from 'node:https';
import { createSecureContext } from 'node:tls';
import type * as z from 'zod/mini';
import { type Authorize, authorizer } from './authorization';
import { exchange } from './exchange';
import type { HubAddress } from './hubAddress';
import { HubClock } from './hubClock';
import type { OperationKind } from './operationKind';
import { type Quotas, quotasOf } from './quotas';
import { type Reply, readReply } from './reply';
import { Scheduler } from './scheduler';
import { type Invoke, Sdk } from './sdk';
import { type Access, toHubError, toRefusal } from './toHubError';

/** One call of the SDK, how the hub throttles it, what its reply must look like, and what it needs. */
export interface HubCall<T> {
  kind: OperationKind;
  invoke: Invoke;
  schema: z.ZodMiniType<T>;
  access: Access;
}

/** How a connection is made. */
export interface ConnectionOptions {
  /** PEM text of the only certificates to trust, instead of Node's. */
  ca?: string;
  /** What the hub allows; where it is another edition, the app only takes longer to find its pace. */
  quotas?: Quotas;
}

/** What forms requests, and what signs them. */
interface Client {
  sdk: Sdk;
  authorize: Authorize;
}

/** The app's connections to one hub: one keep-alive agent, one credential, one scheduler of all calls. */
export class HubConnection {
  readonly scheduler: Scheduler;
  readonly clock = new HubClock();
  readonly #agent: Agent;
  #client: Promise<Client> | undefined;

  constructor(
    private readonly address: HubAddress,
    { ca, quotas = quotasOf('S1', 1) }: ConnectionOptions = {},
  ) {
    this.scheduler = new Scheduler(quotas);
    // The scheduler bounds the number of sockets. With `ca` itself, the agent would compare its text at every request.
    const trust = ca === undefined ? {} : { secureContext: createSecureContext({ ca }) };
    this.#agent = new Agent({ keepAlive: true, ...trust });
  }

  /** The first label of the host name (Azure IoT Hub, "Non-telemetry event schemas": `hubName`). */
  get hubName(): string {
    return this.address.host.split('.')[0] ?? '';
  }

  /**
   * Sends one request at once and checks its reply. No retries.
   *
   * @throws HubError; the reason of the signal when that aborts.
   */
  async send<T>({ invoke, schema, access }: HubCall<T>, signal: AbortSignal): Promise<Reply<T>> {
    try {
      this.#client ??= openClient(this.address);
      const { sdk, authorize } = await this.#client;
      const { method, path, headers, body } = await sdk.form(invoke);
      const signed = authorize();
      const identified = {
        ...headers,
        authorization: typeof signed === 'string' ? signed : await untilAborted(signed, signal),
        'request-id': randomUUID(),
        'user-agent': 'device-twins',
      };
      const { host, port } = this.address;
      const answer = await exchange(
        { host, port, agent: this.#agent, method, path, headers: identified },
        body,
        signal,
      );
      this.clock.hear(answer.headers.date);
      if (answer.status >= 300) throw toRefusal(answer, access, this.address);
      return readReply(answer, schema);
    } catch (error) {
      throw signal.aborted ? signal.reason : toHubError(error, this.address);
    }
  }
}

async function openClient(address: HubAddress): Promise<Client> {
  const service = await import('./serviceSdk');
  return { sdk: new Sdk(service, address.host), authorize: await authorizer(address, service) };
}

/** Rejects when the signal aborts, even where the work does not listen to it. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

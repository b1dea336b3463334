import { Agent, request } from 'node:https';
import type { HttpRequestOptions } from 'azure-iothub/dist/common-http/http';
import type { RestApiClient } from 'azure-iothub/dist/common-http/rest_api_client';
import type * as z from 'zod/mini';
import { exchange, type Reply } from './exchange';
import type { HubAddress } from './hubAddress';
import { HubError } from './hubError';
import type { OperationKind } from './operationKind';
import { type Quotas, quotasOf } from './quotas';
import { Scheduler } from './scheduler';
import { Sdk, type ServiceSdk } from './sdk';
import { type Access, toHubError } from './toHubError';

/** One call of the SDK, how the hub throttles it, what its reply must look like, and what it needs. */
export interface HubCall<T> {
  kind: OperationKind;
  invoke(sdk: Sdk): Promise<unknown>;
  schema: z.ZodMiniType<T>;
  access: Access;
}

/** How long a token signed with a key is good, and when another is made; in milliseconds. */
const tokenLife = { all: 3_600_000, used: 1_800_000 };

const tokenScope = 'https://iothubs.azure.net/.default';

/** How a connection is made. */
export interface ConnectionOptions {
  /** PEM text of the only certificates to trust, instead of Node's. */
  ca?: string;
  /** What the hub allows; where it is another edition, the app only takes longer to find its pace. */
  quotas?: Quotas;
}

/** The app's connections to one hub: one keep-alive agent, one credential, one scheduler of all calls. */
export class HubConnection {
  readonly scheduler: Scheduler;
  private readonly agent: Agent;
  private config: Promise<RestApiClient.TransportConfig> | undefined;
  private configEndsAt = 0;
  private sdk: Promise<ServiceSdk> | undefined;

  constructor(
    private readonly address: HubAddress,
    { ca, quotas = quotasOf('S1', 1) }: ConnectionOptions = {},
  ) {
    this.scheduler = new Scheduler(quotas);
    // The scheduler bounds the number of sockets.
    this.agent = new Agent({ keepAlive: true, ...(ca === undefined ? {} : { ca }) });
  }

  /**
   * Sends one request at once and checks its reply. No retries.
   *
   * @throws HubError; the reason of the signal when that aborts.
   */
  async send<T>({ invoke, schema, access }: HubCall<T>, signal: AbortSignal): Promise<Reply<T>> {
    try {
      return await untilAborted(this.exchange(invoke, schema, signal), signal);
    } catch (error) {
      throw signal.aborted ? signal.reason : toHubError(error, access, this.address);
    }
  }

  private async exchange<T>(
    invoke: HubCall<T>['invoke'],
    schema: z.ZodMiniType<T>,
    signal: AbortSignal,
  ): Promise<Reply<T>> {
    const { host, port } = this.address;
    this.sdk ??= import('./serviceSdk');
    const sdk = await this.sdk;
    const config = await this.currentConfig(sdk);
    const options: HttpRequestOptions = {
      port,
      request: (asked, onReply) => request({ ...Object(asked), agent: this.agent, signal }, onReply),
    };
    return exchange(new sdk.RestApiClient(config, 'device-twins'), options, schema, (transport) =>
      invoke(new Sdk(sdk, { ...config, host }, transport)),
    );
  }

  private currentConfig(sdk: ServiceSdk): Promise<RestApiClient.TransportConfig> {
    const now = Date.now();
    if (!this.config || now >= this.configEndsAt) {
      this.config = createConfig(this.address, sdk, now);
      this.configEndsAt = this.address.credential.kind === 'key' ? now + tokenLife.used : Number.POSITIVE_INFINITY;
    }
    return this.config;
  }
}

async function createConfig(
  { host, credential }: HubAddress,
  { signToken }: ServiceSdk,
  now: number,
): Promise<RestApiClient.TransportConfig> {
  if (credential.kind === 'key') {
    const expiry = Math.ceil((now + tokenLife.all) / 1000);
    // One token for many requests: the SDK would sign anew for each.
    return { host, sharedAccessSignature: signToken(host, credential.policy, credential.key, expiry) };
  }
  const { createCredential } = await import('./identity');
  const identity = createCredential(credential.clientId);
  const getToken = (scopes: string | string[]) => identity.getToken(scopes).catch(failWithoutToken);
  return { host, tokenCredential: { getToken }, tokenScope };
}

function failWithoutToken(cause: unknown): never {
  throw new HubError('unauthorized', `There is no token for the managed identity (AZURE_CLIENT_ID). ${cause}`);
}

/** Rejects when the signal aborts, even where the work does not listen to it: tokens, a queue for a socket. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

import { Agent, request } from 'node:https';
import { SharedAccessSignature } from 'azure-iothub/dist/common-core/shared_access_signature';
import type { RestApiClient } from 'azure-iothub/dist/common-http/rest_api_client';
import type * as z from 'zod/mini';
import { Exchange, type Reply } from './exchange';
import type { HubAddress } from './hubAddress';
import { HubError } from './hubError';
import type { OperationKind } from './operationKind';
import { type Quotas, quotasOf } from './quotas';
import { Scheduler } from './scheduler';
import { Sdk } from './sdk';
import { type Access, toHubError } from './toHubError';

/** One call of the SDK, how the hub throttles it, what its reply must look like, and what it needs. */
export interface HubCall<T> {
  kind: OperationKind;
  invoke(sdk: Sdk): Promise<unknown>;
  schema: z.ZodMiniType<T>;
  access: Access;
}

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
    this.config ??= createConfig(this.address);
    const config = await this.config;
    const exchange = new Exchange(
      config,
      { port, request: (options, onReply) => request({ ...Object(options), agent: this.agent, signal }, onReply) },
      schema,
    );
    await invoke(new Sdk({ ...config, host }, exchange));
    if (!exchange.reply) throw new HubError('badReply', 'The SDK made no request.');
    return exchange.reply;
  }
}

async function createConfig({ host, credential }: HubAddress): Promise<RestApiClient.TransportConfig> {
  if (credential.kind === 'key') {
    // The SDK signs anew for each request; this first expiry is never sent.
    return { host, sharedAccessSignature: SharedAccessSignature.create(host, credential.policy, credential.key, 1) };
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

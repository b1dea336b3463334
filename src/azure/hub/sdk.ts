import type { OutgoingHttpHeaders } from 'node:http';
import type { JobClient } from 'azure-iothub/dist/job_client';
import type { Registry } from 'azure-iothub/dist/registry';
import { HubError } from './hubError';

/** See {@link file://./serviceSdk.ts}. */
export type ServiceSdk = typeof import('./serviceSdk');

/** A request as the SDK forms it; who sends it is not told yet. */
export interface HubRequest {
  method: string;
  path: string;
  headers: OutgoingHttpHeaders;
  body: string;
}

/** How a call of the SDK is made. */
export type Invoke = (sdk: Sdk) => Promise<unknown>;

/**
 * The clients of the SDK, for the requests that they form.
 *
 * They send nothing, and never see a reply: the SDK does not check replies, and those that it does not expect make it
 * throw inside an event of the socket, which would end the process. And what it makes of them, nobody needs.
 */
export class Sdk {
  readonly registry: Registry;
  readonly jobs: JobClient;
  #formed: HubRequest | undefined;

  constructor({ RestApiClient, Registry, JobClient }: ServiceSdk, host: string) {
    // They want a signature; what they form is signed when it is sent.
    const config = { host, sharedAccessSignature: 'none' };
    const transport = new RestApiClient(config, 'device-twins');
    transport.executeApiCall = (method, path, headers, body: unknown) => {
      this.#formed = { method, path, headers, body: body ? JSON.stringify(body) : '' };
    };
    this.registry = new Registry(config, transport);
    this.jobs = new JobClient(transport);
  }

  /** @throws what the SDK throws where it refuses to make a request. */
  async form(invoke: Invoke): Promise<HubRequest> {
    // As there is no reply, it comes to an end only where there is no request.
    const refused = invoke(this);
    const formed = this.#formed;
    this.#formed = undefined;
    if (formed) return formed;
    await refused;
    throw new HubError('badReply', 'The SDK made no request.');
  }
}

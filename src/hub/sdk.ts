import type { RestApiClient } from 'azure-iothub/dist/common-http/rest_api_client';
import type { JobClient } from 'azure-iothub/dist/job_client';
import type { Registry } from 'azure-iothub/dist/registry';

/** See {@link file://./serviceSdk.ts}. */
export type ServiceSdk = typeof import('./serviceSdk');

/** The clients of the SDK that form a request, over a transport that makes one. */
export class Sdk {
  constructor(
    private readonly sdk: Pick<ServiceSdk, 'Registry' | 'JobClient'>,
    private readonly config: Registry.TransportConfig,
    private readonly transport: RestApiClient,
  ) {}

  get registry(): Registry {
    return new this.sdk.Registry(this.config, this.transport);
  }

  get jobs(): JobClient {
    return new this.sdk.JobClient(this.transport);
  }
}

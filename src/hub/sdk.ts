import type { RestApiClient } from 'azure-iothub/dist/common-http/rest_api_client';
import { JobClient } from 'azure-iothub/dist/job_client';
import { Registry } from 'azure-iothub/dist/registry';

/** The clients of the SDK that form a request, over a transport that makes one. */
export class Sdk {
  constructor(
    private readonly config: Registry.TransportConfig,
    private readonly transport: RestApiClient,
  ) {}

  get registry(): Registry {
    return new Registry(this.config, this.transport);
  }

  get jobs(): JobClient {
    return new JobClient(this.transport);
  }
}

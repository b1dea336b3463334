import { SharedAccessSignature } from 'azure-iothub/dist/common-core/shared_access_signature';
import { RestApiClient } from 'azure-iothub/dist/common-http/rest_api_client';
import { JobClient } from 'azure-iothub/dist/job_client';
import { Registry } from 'azure-iothub/dist/registry';

/**
 * The service SDK, as much of it as the app uses. It is a bundle of its own, loaded at the first call of the hub: what has
 * nothing to do with the hub starts without it. So it must take nothing of the app along: classes would be there twice.
 */
export { JobClient, Registry, RestApiClient };

/** A token of a shared access policy. */
export function signToken(host: string, policy: string, key: string, expirySeconds: number): string {
  return SharedAccessSignature.create(host, policy, key, expirySeconds).toString();
}

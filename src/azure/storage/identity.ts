import { DefaultAzureCredential, ManagedIdentityCredential, type TokenCredential } from '@azure/identity';

/**
 * Who the app is without a key. Where the platform offers a managed identity: the user-assigned one of that client id,
 * else the system-assigned one. On a developer's machine: their own Azure login.
 */
export function createCredential(clientId: string | undefined): TokenCredential {
  if (!process.env.IDENTITY_ENDPOINT) return new DefaultAzureCredential();
  return clientId === undefined ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId });
}

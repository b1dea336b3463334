import { InvalidInputError } from '../../errors/invalidInputError';

/** Where a service of a storage account is, and who the app is there. */
export type StorageAddress =
  | { kind: 'key'; connectionString: string }
  | { kind: 'identity'; endpoint: string; clientId: string | undefined };

/**
 * Checks the form of a storage account's connection string; `UseDevelopmentStorage=true` is Azurite's.
 *
 * @throws InvalidInputError
 */
export function parseStorageConnectionString(connectionString: string): StorageAddress {
  const isAccount = /(^|;)(AccountKey|SharedAccessSignature)=/.test(connectionString);
  if (isAccount || connectionString === 'UseDevelopmentStorage=true') return { kind: 'key', connectionString };
  throw new InvalidInputError('is not the connection string of a storage account');
}

/** @throws InvalidInputError where it is not an https URL. */
export function parseStorageEndpoint(endpoint: string, clientId: string | undefined): StorageAddress {
  if (URL.canParse(endpoint) && endpoint.startsWith('https:')) return { kind: 'identity', endpoint, clientId };
  throw new InvalidInputError('is not an https URL');
}

import { InvalidInputError } from '../invalidInputError';

/** Where the tables are, and who the app is there. */
export type TablesAddress =
  | { kind: 'key'; connectionString: string }
  | { kind: 'identity'; endpoint: string; clientId: string | undefined };

/**
 * Checks the form of a storage account's connection string; `UseDevelopmentStorage=true` is Azurite's.
 *
 * @throws InvalidInputError
 */
export function parseTablesConnectionString(connectionString: string): TablesAddress {
  const isAccount = /(^|;)(AccountKey|SharedAccessSignature)=/.test(connectionString);
  if (isAccount || connectionString === 'UseDevelopmentStorage=true') return { kind: 'key', connectionString };
  throw new InvalidInputError('is not the connection string of a storage account');
}

/** @throws InvalidInputError where it is not an https URL. */
export function parseTablesEndpoint(endpoint: string, clientId: string | undefined): TablesAddress {
  if (URL.canParse(endpoint) && endpoint.startsWith('https:')) return { kind: 'identity', endpoint, clientId };
  throw new InvalidInputError('is not an https URL');
}

import { InvalidInputError } from '../invalidInputError';

/** Where the queue is, and who the app is there. */
export type QueueAddress =
  | { kind: 'key'; connectionString: string }
  | { kind: 'identity'; endpoint: string; clientId: string | undefined };

/**
 * Checks the form of a storage account's connection string; `UseDevelopmentStorage=true` is Azurite's.
 *
 * @throws InvalidInputError
 */
export function parseQueueConnectionString(connectionString: string): QueueAddress {
  const isAccount = /(^|;)(AccountKey|SharedAccessSignature)=/.test(connectionString);
  if (isAccount || connectionString === 'UseDevelopmentStorage=true') return { kind: 'key', connectionString };
  throw new InvalidInputError('is not the connection string of a storage account');
}

/** @throws InvalidInputError where it is not an https URL. */
export function parseQueueEndpoint(endpoint: string, clientId: string | undefined): QueueAddress {
  if (URL.canParse(endpoint) && endpoint.startsWith('https:')) return { kind: 'identity', endpoint, clientId };
  throw new InvalidInputError('is not an https URL');
}

/**
 * Checks the name of a queue (Azure Storage, "Naming queues and metadata").
 *
 * @throws InvalidInputError
 */
export function parseQueueName(name: string): string {
  if (name.length >= 3 && name.length <= 63 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) return name;
  throw new InvalidInputError('is not the name of a queue: 3 to 63 lower-case letters, digits and single hyphens');
}

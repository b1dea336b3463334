import { InvalidInputError } from '../../errors/invalidInputError';

/**
 * Checks the name of a queue (Azure Storage, "Naming queues and metadata").
 *
 * @throws InvalidInputError
 */
export function parseQueueName(name: string): string {
  if (name.length >= 3 && name.length <= 63 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) return name;
  throw new InvalidInputError('is not the name of a queue: 3 to 63 lower-case letters, digits and single hyphens');
}

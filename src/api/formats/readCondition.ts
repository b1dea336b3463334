import { InvalidInputError } from '../../errors/invalidInputError';
import type { TagRow } from '../../tagJobs/tagRow';
import { parseETag } from '../http/etag';

/**
 * On which twin a row is to be written: only on that of an etag, where it names one.
 *
 * @throws InvalidInputError
 */
export function readCondition(ifMatch: unknown): Pick<TagRow, 'ifMatch'> {
  if (ifMatch === undefined || ifMatch === null) return {};
  const etag = typeof ifMatch === 'string' ? parseETag(ifMatch) : undefined;
  if (etag !== undefined) return { ifMatch: etag };
  throw new InvalidInputError('ifMatch takes one etag, as the twin or an export gave it.');
}

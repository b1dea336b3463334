import type { HttpRequest } from '@azure/functions';
import type { Json } from '../../json';
import { parseJsonBytes, readBody } from './readBody';

/** Longest body that a request may have. The largest valid patch of tags is a fraction of it. */
const maxBodyBytes = 64 * 1024;

const contentTypes = ['application/json', 'application/merge-patch+json'];

/**
 * Reads the JSON body of a request, in UTF-8.
 *
 * @throws ProblemError for a content type that is not JSON, or a body above {@link maxBodyBytes}.
 * @throws InvalidInputError for text that is not JSON.
 */
export async function readJsonBody(request: HttpRequest): Promise<Json> {
  return parseJsonBytes((await readBody(request, contentTypes, maxBodyBytes)).bytes);
}

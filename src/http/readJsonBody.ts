import type { HttpRequest } from '@azure/functions';
import { InvalidInputError } from '../invalidInputError';
import type { Json } from '../json';
import { ProblemError } from './problem';

/** Longest body that a request may have. The largest valid patch of tags is a fraction of it. */
export const maxBodyBytes = 64 * 1024;

const contentTypes = ['application/json', 'application/merge-patch+json'];

/**
 * Reads the JSON body of a request, in UTF-8.
 *
 * @throws ProblemError for a content type that is not JSON, or a body above {@link maxBodyBytes}.
 * @throws InvalidInputError for text that is not JSON.
 */
export async function readJsonBody(request: HttpRequest): Promise<Json> {
  const [type = ''] = (request.headers.get('content-type') ?? '').split(';');
  if (!contentTypes.includes(type.trim().toLowerCase())) {
    throw new ProblemError({ name: 'unsupported-content-type', detail: `Send ${contentTypes.join(' or ')}.` });
  }
  if (Number(request.headers.get('content-length')) > maxBodyBytes) throw bodyTooLarge();
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > maxBodyBytes) throw bodyTooLarge();
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new InvalidInputError('The body is not well-formed JSON in UTF-8.');
  }
}

function bodyTooLarge(): ProblemError {
  return new ProblemError({ name: 'body-too-large', detail: `Send at most ${maxBodyBytes} bytes.` });
}

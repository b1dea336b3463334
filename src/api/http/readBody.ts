import type { HttpRequest } from '@azure/functions';
import { InvalidInputError } from '../../errors/invalidInputError';
import type { Json } from '../../json';
import { ProblemError } from './problem';

/** A body, and which of the content types it is. */
export interface Body<Type extends string> {
  type: Type;
  bytes: Uint8Array;
}

/**
 * Reads the body of a request.
 *
 * @throws ProblemError for another content type, or a longer body.
 * @throws InvalidInputError for none.
 */
export async function readBody<Type extends string>(
  request: HttpRequest,
  types: readonly Type[],
  maxBytes: number,
): Promise<Body<Type>> {
  const [given = ''] = (request.headers.get('content-type') ?? '').split(';');
  const type = types.find((each) => each === given.trim().toLowerCase());
  if (type === undefined) {
    throw new ProblemError({ name: 'unsupported-content-type', detail: `Send ${types.join(' or ')}.` });
  }
  if (Number(request.headers.get('content-length')) > maxBytes) throw bodyTooLarge(maxBytes);
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.byteLength > maxBytes) throw bodyTooLarge(maxBytes);
  if (bytes.byteLength === 0) {
    throw new InvalidInputError(
      'The body is empty. Send it with its Content-Length: the host hands on nothing of one that comes in chunks.',
    );
  }
  return { type, bytes };
}

/** @throws InvalidInputError for what is not JSON in UTF-8. */
export function parseJsonBytes(bytes: Uint8Array): Json {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Json;
  } catch {
    throw new InvalidInputError('The body is not well-formed JSON in UTF-8.');
  }
}

function bodyTooLarge(maxBytes: number): ProblemError {
  return new ProblemError({ name: 'body-too-large', detail: `Send at most ${maxBytes} bytes.` });
}

import type { HttpRequest } from '@azure/functions';
import * as z from 'zod/mini';
import { InvalidInputError } from '../../errors/invalidInputError';
import type { Author } from '../../history/writeLog';
import { callerOf } from '../http/caller';

const maxCharacters = 500;
const fault = `is a text of 1 to ${maxCharacters} characters`;

/** Why somebody asks for a write: a member of the body, or a query parameter. */
export const reasonParameter = z.optional(
  z.string(fault).check(z.minLength(1, fault), z.maxLength(maxCharacters, fault)),
);

/**
 * Who asks for a write, and why: the reason stands in the body, in the address, or in the header `X-Reason`.
 *
 * @param isSignedIn whether the platform signs callers in: see {@link callerOf}.
 * @param reasons of the body and of the address.
 * @throws InvalidInputError where two of them differ, and for a header that is no plain ASCII.
 */
export function readAuthor(
  { headers }: Pick<HttpRequest, 'headers'>,
  isSignedIn: boolean,
  ...reasons: (string | undefined)[]
): Author {
  const given = [...reasons, readHeader(headers.get('x-reason'))].filter((reason) => reason !== undefined);
  const [reason] = given;
  if (given.some((each) => each !== reason)) {
    throw new InvalidInputError('Give one reason: those of body, address and X-Reason differ.', 'reason');
  }
  return { by: callerOf(headers, isSignedIn), ...(reason === undefined ? {} : { reason }) };
}

function readHeader(header: string | null): string | undefined {
  if (header === null) return undefined;
  if (header.length <= maxCharacters && /^[ -~]+$/.test(header)) return header;
  throw new InvalidInputError(
    `X-Reason has 1 to ${maxCharacters} printable ASCII characters; a reason in other letters goes into the parameter reason.`,
    'X-Reason',
  );
}

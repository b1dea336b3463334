import { HubError } from '../service/hubError';

/**
 * Checks an `If-Match` header. The SDKs quote whatever they send, the star too.
 *
 * @throws HubError PreconditionFailed
 */
export function checkIfMatch(ifMatch: string, etag: string): void {
  const asked = ifMatch.trim().replace(/^"(.*)"$/, '$1');
  if (asked !== '*' && asked !== etag) {
    throw new HubError('PreconditionFailed', 'The etag of the request does not match that of the existing resource.');
  }
}

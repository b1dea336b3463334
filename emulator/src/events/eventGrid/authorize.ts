import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { PublishError } from './publish';

/**
 * Lets a request pass that carries the topic's key (`aeg-sas-key`) or a token signed with it (`aeg-sas-token`). The
 * resource of a token is not compared: the key is of this topic alone.
 *
 * @throws PublishError 401
 */
export function authorize(headers: IncomingHttpHeaders, key: string): void {
  const { 'aeg-sas-key': given, 'aeg-sas-token': token } = headers;
  if (typeof given === 'string' && isSame(Buffer.from(given), Buffer.from(key))) return;
  if (typeof token === 'string' && isValid(token, key)) return;
  throw new PublishError(
    401,
    "The request is not authorized: set aeg-sas-key to the topic's key, or a valid aeg-sas-token.",
  );
}

/**
 * A token is `r=<resource>&e=<expiry>&s=<signature>`: the key, decoded, signs what stands before the signature (Azure
 * Event Grid, "Authenticate with access keys or shared access signatures").
 */
function isValid(token: string, key: string): boolean {
  const [, signed = ''] = /^(r=[^&]+&e=[^&]+)&s=[^&]+$/.exec(token) ?? [];
  const fields = new URLSearchParams(token);
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(signed).digest();
  // In the form of 6/15/2017 6:20:15 PM, without a zone: it is UTC.
  const expiry = Date.parse(`${fields.get('e')} UTC`);
  return isSame(Buffer.from(fields.get('s') ?? '', 'base64'), signature) && expiry > Date.now();
}

function isSame(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}

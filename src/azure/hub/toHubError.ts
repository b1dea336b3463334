import { readErrorBody } from './errorBody';
import type { Answer } from './exchange';
import type { HubAddress } from './hubAddress';
import { HubError, type HubErrorCode, staleTwin } from './hubError';

/** What a call needs: the right of a shared access policy, or the role of an identity. */
export interface Access {
  right: string;
  role: string;
}

/** Tells by its status what a reply means that is none of success; its body may tell more. */
export function toRefusal({ status, headers, text }: Answer, access: Access, address: HubAddress): HubError {
  const body = readErrorBody(text);
  const code = codeOf(status, body?.code);
  const message = explain(code, status, access, address, body?.message);
  return new HubError(code, message, parseRetryAfter(headers['retry-after']));
}

/** Tells what kept a request from being answered. The error itself is not kept as the cause: a log must show no token. */
export function toHubError(error: unknown, { host, port }: HubAddress): HubError {
  if (error instanceof HubError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  // Faults of the connection have a code. What has none, the SDK threw itself: to repeat the call would not help.
  if (code === undefined) return new HubError('badReply', `The SDK made no request for ${host} (${message}).`);
  return new HubError('unavailable', `No answer from ${host}:${port} (${code}).`);
}

function codeOf(status: number, hubCode: string | undefined): HubErrorCode {
  switch (status) {
    case 400:
    case 413:
      return 'invalid';
    case 401:
      return 'unauthorized';
    case 403:
      return hubCode === 'IotHubQuotaExceeded' || hubCode === '403002' ? 'quotaExceeded' : 'forbidden';
    case 404:
      if (/^(JobNotFound|404002)$/.test(hubCode ?? '')) return 'unknownJob';
      // Any other 404 is about the hub, or about a proxy in front of it.
      return hubCode === undefined || /^(DeviceNotFound|404001)$/.test(hubCode) ? 'notFound' : 'badReply';
    case 405:
      // Without a code of the hub it is about a proxy.
      return hubCode === undefined ? 'badReply' : 'jobState';
    case 409:
      return hubCode === 'JobAlreadyExists' ? 'jobExists' : 'badReply';
    case 412:
      return 'etagMismatch';
    case 429:
      return /^(ThrottlingMaxActiveJobCountExceeded|429004)$/.test(hubCode ?? '') ? 'jobsBusy' : 'throttled';
    default:
      return status === 408 || status >= 500 ? 'unavailable' : 'badReply';
  }
}

function explain(code: HubErrorCode, status: number, access: Access, address: HubAddress, hubMessage = ''): string {
  const told = hubMessage && ` It says: ${hubMessage}`;
  switch (code) {
    case 'invalid':
      return `The hub refused the request.${told}`;
    case 'unauthorized':
      return `The hub refused the app. ${howToAuthorize(access, address)}`;
    case 'quotaExceeded':
      return "The hub's messages of today are used up; add units to the hub, or wait for the next day (UTC).";
    case 'notFound':
      return 'The hub has no such device; register it first.';
    case 'unknownJob':
      return 'The hub has no such job.';
    case 'jobExists':
      return 'The hub has a job of this id already; choose another one.';
    case 'jobsBusy':
      return 'The hub works on as many jobs as it can (one at S1); wait until one has ended, or cancel one that waits.';
    case 'jobState':
      return 'The job runs or has ended: a hub cancels only jobs that wait.';
    case 'etagMismatch':
      return staleTwin;
    case 'throttled':
      return 'The hub is throttling requests; repeat this one later, or add units to the hub.';
    default:
      return `${address.host} answered with status ${status}.${told}`;
  }
}

function howToAuthorize({ right, role }: Access, { credential }: HubAddress): string {
  return credential.kind === 'key'
    ? `Check the key in IOTHUB_CONNECTION_STRING, and that the policy '${credential.policy}' has the right ${right}.`
    : `Give the managed identity${credential.clientId ? ` ${credential.clientId}` : ''} the role '${role}' on the hub.`;
}

/** Seconds of a `Retry-After` header (RFC 9110), which holds seconds or a date. */
function parseRetryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, Math.ceil(seconds));
}

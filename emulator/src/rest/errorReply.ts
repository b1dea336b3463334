import { randomUUID } from 'node:crypto';
import { QueryError } from '../query/queryError';
import { HubError, type HubErrorName } from '../service/hubError';
import { serviceTime } from '../service/time';
import { BodyTooLargeError } from '../wire/readBody';
import type { Reply } from '../wire/reply';

/**
 * How a body tells an error: `A`, the gateway's, with the code's name in `Message`; `C`, of those behind the gateway, with
 * its number; `B`, the same as text inside `Message`.
 */
export type ErrorShape = 'A' | 'B' | 'C';

/** Errors that the service's back end words, behind the gateway: those of a device that was called. */
const backEndErrors: readonly HubErrorName[] = ['DeviceNotOnline', 'GatewayTimeout', 'GenericBadGateway'];

/**
 * An error as the service words it, with the code's name in a header; in the shape asked for, but that it is the gateway
 * which says who is let in. Of the shapes the official SDKs read only `A`.
 */
export function errorReply(error: unknown, shape?: ErrorShape): Reply {
  const hubError = toHubError(error);
  const { status, errorName, retryAfterSeconds } = hubError;
  const usual = backEndErrors.includes(errorName) ? 'B' : 'A';
  const body = bodies[status === 401 ? 'A' : (shape ?? usual)](hubError);
  return {
    status,
    headers: {
      'iothub-errorcode': errorName,
      // Seen on a real hub.
      ...(status === 429 ? { connection: 'close' } : {}),
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    },
    body,
  };
}

const bodies: Readonly<Record<ErrorShape, (error: HubError) => object>> = {
  A: ({ errorName, message }) => ({
    Message: `ErrorCode:${errorName};${message}`,
    ExceptionMessage: `Tracking ID:${trackingId()}-G:0-TimeStamp:${gatewayTime()}`,
  }),
  B: (error) => ({ Message: JSON.stringify(bodies.C(error)), ExceptionMessage: '' }),
  C: ({ code, message }) => ({
    errorCode: code,
    trackingId: `${trackingId()}-G2:-TimeStamp:${serviceTime()}`,
    message,
    timestampUtc: serviceTime(),
  }),
};

function trackingId(): string {
  return randomUUID().replaceAll('-', '').toUpperCase();
}

function toHubError(error: unknown): HubError {
  if (error instanceof HubError) return error;
  if (error instanceof QueryError) return new HubError('ArgumentInvalid', error.message);
  if (error instanceof BodyTooLargeError) return new HubError('MessageTooLarge', error.message);
  return new HubError('ServerError', 'The emulator failed; its log says why.');
}

/** `MM/dd/yyyy HH:mm:ss`, in UTC. */
function gatewayTime(): string {
  const [year, month, day, time] = new Date().toISOString().split(/[-T.]/);
  return `${month}/${day}/${year} ${time}`;
}

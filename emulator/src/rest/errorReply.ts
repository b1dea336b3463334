import { QueryError } from '../query/queryError';
import { HubError, type HubErrorName } from '../service/hubError';
import { exactTime, serviceTime, trackingTime } from '../service/time';
import { BodyTooLargeError } from '../wire/readBody';
import type { Reply } from '../wire/reply';

/**
 * How a body tells an error: `A`, the gateway's, with the code's name in `Message`; `C`, of those behind the gateway, with
 * its number; `B`, the same as text inside `Message`.
 */
export type ErrorShape = 'A' | 'B' | 'C';

/** Where an error happened, as far as its body tells. */
export interface ErrorPlace {
  /** Of the request, as its answer has it in `x-ms-request-id`. */
  requestId: string;
  /** Whether it was about identities, whose tracking ids name a gateway. */
  isRegistry: boolean;
  /** The shape asked for. */
  shape?: ErrorShape | undefined;
}

/** Errors that the service's back end words, behind the gateway: those of a device that was called. */
const backEndErrors: readonly HubErrorName[] = ['DeviceNotOnline', 'GatewayTimeout', 'GenericBadGateway'];

/**
 * An error as the service words it, with the code's name in a header; in the shape asked for, but that it is the gateway
 * which says who is let in. Of the shapes the official SDKs read only `A`.
 */
export function errorReply(error: unknown, { requestId, isRegistry, shape }: ErrorPlace): Reply {
  const hubError = toHubError(error);
  const {
    status,
    errorName,
    details: { retryAfterSeconds },
  } = hubError;
  const usual = backEndErrors.includes(errorName) ? 'B' : 'A';
  const chosen = status === 401 ? 'A' : (shape ?? usual);
  const body = bodies[chosen](hubError, trackingIdOf(requestId, chosen, isRegistry));
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

const bodies: Readonly<Record<ErrorShape, (error: HubError, trackingId: string) => object>> = {
  A: ({ errorName, message }, trackingId) => ({
    // The Node service SDK cuts the text at a second semicolon.
    Message: `ErrorCode:${errorName};${message.replaceAll(';', ',')}`,
    ExceptionMessage: `Tracking ID:${trackingId}`,
  }),
  B: (error, trackingId) => ({ Message: JSON.stringify(bodies.C(error, trackingId)), ExceptionMessage: '' }),
  C: ({ code, message, details: { info } }, trackingId) => ({
    errorCode: code,
    trackingId,
    message,
    ...(info === undefined ? {} : { info }),
    timestampUtc: serviceTime(),
  }),
};

/** Errors of shape `C` are the youngest that were seen, and their tracking ids are of another form. */
function trackingIdOf(requestId: string, shape: ErrorShape, isRegistry: boolean): string {
  const id = requestId.replaceAll('-', '');
  if (shape === 'C') return `${id.toUpperCase()}-G2:-TimeStamp:${exactTime()}`;
  return `${id}${isRegistry ? '-G:0' : ''}-TimeStamp:${trackingTime()}`;
}

function toHubError(error: unknown): HubError {
  if (error instanceof HubError) return error;
  if (error instanceof QueryError) return new HubError('ArgumentInvalid', error.message);
  if (error instanceof BodyTooLargeError) return new HubError('MessageTooLarge', error.message);
  return new HubError('ServerError', 'The emulator failed. Its log says why.');
}

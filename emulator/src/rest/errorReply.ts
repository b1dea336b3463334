import { randomUUID } from 'node:crypto';
import { HubError, type HubErrorName } from '../hub/hubError';
import { serviceTime } from '../hub/time';
import type { JsonObject } from '../hub/types';
import { QueryError } from '../query/queryError';
import { BodyTooLargeError } from './readBody';
import type { Reply } from './reply';

/** Errors that the service's back end words, behind the gateway: those of a device that was called. */
const backEndErrors: readonly HubErrorName[] = ['DeviceNotOnline', 'GatewayTimeout', 'GenericBadGateway'];

/** An error as the service words it, and the name of its code in a header. */
export function errorReply(error: unknown): Reply {
  const hubError = toHubError(error);
  const { status, errorName, retryAfterSeconds } = hubError;
  const body = backEndErrors.includes(errorName) ? backEndBody(hubError) : gatewayBody(hubError);
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

/** The gateway's: the code's name inside `Message`, a tracking id beside it. The official SDKs read just that. */
function gatewayBody({ errorName, message }: HubError): JsonObject {
  return {
    Message: `ErrorCode:${errorName};${message}`,
    ExceptionMessage: `Tracking ID:${trackingId()}-G:0-TimeStamp:${gatewayTime()}`,
  };
}

/** The back end's: JSON with the code's number as text, in the gateway's envelope. The SDKs go by the status then. */
function backEndBody({ code, message }: HubError): JsonObject {
  const error = { errorCode: code, trackingId: trackingId(), message, timestampUtc: serviceTime() };
  return { Message: JSON.stringify(error), ExceptionMessage: '' };
}

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

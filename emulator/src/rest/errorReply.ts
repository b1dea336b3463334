import { randomUUID } from 'node:crypto';
import { HubError } from '../hub/hubError';
import { QueryError } from '../query/queryError';
import { BodyTooLargeError } from './readBody';
import type { Reply } from './reply';

/**
 * An error as the service's gateway words it: the code's name inside `Message`, a tracking id beside it, and the name
 * again in a header. The official SDKs read just that.
 */
export function errorReply(error: unknown): Reply {
  const { status, errorName, message } = toHubError(error);
  const trackingId = randomUUID().replaceAll('-', '').toUpperCase();
  return {
    status,
    headers: { 'iothub-errorcode': errorName },
    body: {
      Message: `ErrorCode:${errorName};${message}`,
      ExceptionMessage: `Tracking ID:${trackingId}-G:0-TimeStamp:${gatewayTime()}`,
    },
  };
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

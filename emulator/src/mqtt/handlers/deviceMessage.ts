import type { Connection } from '../connection';
import type { DeviceDoor } from '../deviceDoor';

/** What a device published, as its handler gets it. */
export interface DeviceMessage {
  door: DeviceDoor;
  connection: Connection;
  /** What follows the fixed part of the topic: a query or a property bag. */
  rest: string;
  payload: Buffer;
  retain: boolean;
}

/**
 * The request id that a topic's query carries.
 *
 * @throws Error where there is none.
 */
export function requestIdOf(query: string): string {
  const [, requestId] = /(?:^|[?&])\$rid=([^&]*)/.exec(query) ?? [];
  if (requestId === undefined) throw new Error('a request and its answer need a $rid');
  return requestId;
}

import type { Client } from 'aedes';
import type { Hub } from '../hub/hub';

/** What a device published, as its handler gets it. */
export interface DeviceMessage {
  hub: Hub;
  client: Client;
  /** What follows the fixed part of the topic: a query or a property bag. */
  rest: string;
  payload: Buffer;
  retain: boolean;
  log: (line: string) => void;
}

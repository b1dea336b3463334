import type { Hub } from '../iotHub';
import type { Gate } from '../limits/gate';
import type { AccessControl } from '../security/accessControl';
import type { Connection, Subscription } from './connection';
import type { Sessions } from './sessions';

/** What those who work the packets of a client ask of the door that let it in. */
export interface DeviceDoor {
  readonly hub: Hub;
  readonly access: AccessControl;
  readonly gate: Gate;
  readonly sessions: Sessions;
  readonly log: (line: string) => void;
  /** A client was let in: it takes the place of the connection that its identity had. */
  opened(connection: Connection): void;
  /** Gives a client other subscriptions, and calls back when they are durable. */
  change(connection: Connection, subscriptions: readonly Subscription[], done: () => void): void;
}

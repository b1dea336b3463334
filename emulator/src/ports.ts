/** Where the doors of an emulator really are. */
export interface Ports {
  https: number;
  mqtt: number;
  /** Event Hubs. */
  amqp: number;
  /** AMQP with TLS, for all; absent where another had the usual port. */
  amqps: number | undefined;
}

/** Where the doors of an emulator really are. */
export interface Ports {
  https: number;
  mqtt: number;
  amqp: number;
}

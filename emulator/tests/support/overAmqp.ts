import type { Agent } from 'node:https';

interface Config {
  sslOptions?: object;
}

type Connect = (config: Config, done: unknown) => void;

/**
 * Has a service client of `azure-iothub` trust the emulator, and lead its WebSocket there: its AMQP takes no options for
 * that, but hands those of its configuration on.
 */
export function overAmqp<Client>(client: Client, sslOptions: { ca: string; agent?: Agent }): Client {
  const { _amqp: amqp } = (client as { _transport: { _amqp: { connect: Connect } } })._transport;
  const { connect } = amqp;
  amqp.connect = (config, done) => connect.call(amqp, { ...config, sslOptions }, done);
  return client;
}

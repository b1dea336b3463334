import type { CloudMessage, QueuedMessage } from '../../messages/cloudMessage';
import type { CloudMessages } from '../../messages/cloudMessages';
import type { Connection } from '../connection';
import { writePropertyBag } from '../topics/propertyBag';
import { deviceBoundFilter, deviceBoundTopic } from '../topics/topics';

/** Longest topic [MQTT-1.5.3]. */
const maxTopicBytes = 0xffff;

/**
 * Sends a client the messages that wait for it, where it subscribed. It settles them by their PUBACK; those without one
 * come again over the next connection, however long that takes.
 */
export function giveMessages(connection: Connection, messages: CloudMessages): void {
  const { id } = connection;
  const filters = [deviceBoundFilter(id)];
  while (connection.listensTo(filters)) {
    const given = messages.receive(id, Number.POSITIVE_INFINITY);
    if (!given) return;
    const { message, lockToken } = given;
    const settle = (how: 'complete' | 'abandon' | 'reject') => {
      // Who has been deleted meanwhile has no messages left.
      new Promise<void>((resolve) => resolve(messages[how](id, lockToken))).catch(() => {});
    };
    const topic = deviceBoundTopic(id) + writePropertyBag(bagOf(message));
    if (Buffer.byteLength(topic) > maxTopicBytes) settle('reject');
    else
      connection.deliver(filters, topic, message.body, {
        acknowledged: () => settle('complete'),
        lost: () => settle('abandon'),
      });
  }
}

/** Names of system properties in a bag. */
const systemNames = {
  messageId: '$.mid',
  correlationId: '$.cid',
  userId: '$.uid',
  to: '$.to',
  contentType: '$.ct',
  contentEncoding: '$.ce',
} as const satisfies Partial<Record<keyof CloudMessage, string>>;

function bagOf(message: QueuedMessage): [string, string][] {
  const system = Object.entries(systemNames).flatMap(([key, name]): [string, string][] => {
    const value = message[key as keyof typeof systemNames];
    return value === undefined ? [] : [[name, value]];
  });
  const { ack, expiresAt, properties } = message;
  return [
    ...system,
    ['$.exp', new Date(expiresAt).toISOString()],
    ...(ack === 'none' ? [] : [['iothub-ack', ack] satisfies [string, string]]),
    ...Object.entries(properties),
  ];
}

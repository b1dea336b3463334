import type { QueuedMessage } from '../../messages/cloudMessage';
import type { CloudMessages } from '../../messages/cloudMessages';
import { timeOf } from '../../service/time';
import type { Connection } from '../connection';
import { writePropertyBag } from '../topics/propertyBag';
import { deviceBoundFilters, deviceBoundTopic } from '../topics/topics';

/** Longest topic [MQTT-1.5.3]. */
const maxTopicBytes = 0xffff;

/**
 * Sends a client the messages that wait for it, where it subscribed. It settles them by their PUBACK; those without one
 * come again over the next connection, however long that takes.
 */
export function giveMessages(connection: Connection, messages: CloudMessages): void {
  const { id } = connection;
  const filters = deviceBoundFilters(id);
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

/**
 * What a message says, in the order of a hub: what its sender left out is left out, as devices printed it that listened
 * with mosquitto.
 */
function bagOf({ expiresAt, ack, properties, ...message }: QueuedMessage): [string, string][] {
  const system = Object.entries({
    '$.exp': expiresAt === undefined ? undefined : timeOf(expiresAt),
    '$.cid': message.correlationId,
    '$.mid': message.messageId,
    '$.uid': message.userId,
    '$.to': message.to,
    '$.ct': message.contentType,
    '$.ce': message.contentEncoding,
    'iothub-ack': ack,
  }).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return [...system, ...Object.entries(properties)];
}

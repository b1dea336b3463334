import rhea, { type Message, type Receiver, type Sender } from 'rhea';
import { readMessage } from '../amqp/message/eventMessage';
import type { Take } from '../amqp/node';
import { accept, confirmOpen, openWithCredit, reject } from '../amqp/rheaInternals';
import { Disturbance } from '../faults/disturbance';
import { acks, type CloudMessage } from '../messages/cloudMessage';
import type { CloudMessages } from '../messages/cloudMessages';
import type { LockedMessage } from '../messages/deviceQueue';
import { HubError } from '../service/hubError';
import { parseDevicePath } from './address';
import { conditionOf } from './conditions';
import type { DeviceOptions } from './deviceOptions';
import { type Lending, lend, type Outcome } from './lend';
import { checkLength, decode } from './messageFields';

/** How far ahead a service may send, in messages. */
const credit = 100;

const ackProperty = 'iothub-ack';

const verbs = { accepted: 'complete', rejected: 'reject', released: 'abandon' } as const;

/** Gives a device or module its messages. */
export function lendMessages(link: Sender, id: string, messages: CloudMessages): Lending {
  confirmOpen(link);
  return lend(link, () => {
    const locked = messages.receive(id);
    return (
      locked && {
        message: toMessage(locked),
        lockToken: locked.lockToken,
        settle: async (outcome: Outcome) => messages[verbs[outcome]](id, locked.lockToken),
      }
    );
  });
}

function toMessage({ message }: LockedMessage): Message {
  const { ack, properties, messageId, correlationId, userId, to, contentType, contentEncoding } = message;
  const fields = {
    message_id: messageId,
    correlation_id: correlationId,
    user_id: userId === undefined ? undefined : Buffer.from(userId),
    to,
    content_type: contentType,
    content_encoding: contentEncoding,
    absolute_expiry_time: message.expiresAt,
  };
  return {
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
    delivery_count: message.deliveryCount - 1,
    message_annotations: {
      'x-opt-sequence-number': rhea.types.wrap_long(message.sequenceNumber),
      'x-opt-enqueued-time': rhea.types.wrap_timestamp(message.enqueuedAt),
    },
    application_properties: { ...properties, ...(ack === undefined ? {} : { [ackProperty]: ack }) },
    body: rhea.message.data_section(message.body),
  } as unknown as Message;
}

/** Takes a link on which a service sends messages to devices; each names its own. */
export function openMessages(link: Receiver, { hub, gate, log }: DeviceOptions): Take {
  openWithCredit(link, credit);
  return ({ bytes, delivery, context }) => {
    const take = async () => {
      const message = readCloudMessage(bytes);
      const address = parseDevicePath((message.to ?? '').replace(/^\//, ''), (id) => hub.findTwin(id) !== undefined);
      if (address?.of !== 'device') throw new HubError('ArgumentInvalid', `'${message.to ?? ''}' names no device.`);
      const passage = {
        kind: 'messageSend',
        name: 'CloudToDeviceMessage',
        metered: () => [message.body.length],
      } as const;
      await gate.pass(passage, () => hub.messages.send(address.id, message));
    };
    take().then(
      () => accept(delivery),
      (error: unknown) => {
        if (error instanceof Disturbance) return context.connection.close();
        if (!(error instanceof HubError)) log(`AMQP: a message to a device failed: ${error}`);
        const { condition, description } = conditionOf(error);
        reject(delivery, condition, description);
      },
    );
  };
}

/** @throws HubError MessageTooLarge, ArgumentInvalid */
function readCloudMessage(bytes: Buffer): CloudMessage {
  checkLength(bytes);
  try {
    readMessage(bytes);
    const { annotations, properties, ...fields } = decode(bytes);
    const { [ackProperty]: wanted, ...own } = properties;
    const ack = acks.find((each) => each === wanted?.toLowerCase());
    if (wanted !== undefined && !ack)
      throw new TypeError(`${ackProperty} is one of ${acks.join(', ')}, not '${wanted}'`);
    return { ...fields, ack, properties: own };
  } catch (error) {
    throw new HubError('ArgumentInvalid', `The message cannot be read: ${error}`);
  }
}

import type { Receiver } from 'rhea';
import { contentsOfBatch, readMessage } from '../amqp/message/eventMessage';
import type { Incoming, Take } from '../amqp/node';
import { accept, openWithCredit, reject } from '../amqp/rheaInternals';
import { Disturbance } from '../faults/disturbance';
import { HubError } from '../service/hubError';
import { conditionOf } from './conditions';
import type { DeviceOptions } from './deviceOptions';
import { bagOf, checkLength, decode } from './messageFields';

/** Longest event, in bytes. */
const maxEventBytes = 256 * 1024;

/** How far ahead a device may send, in messages. */
const credit = 200;

/** Format of a message that is a batch. */
const batchFormat = 0x80013700;

/** Takes a link on which a device or module sends events, one by one or in batches. */
export function openTelemetry(link: Receiver, id: string, options: DeviceOptions): Take {
  openWithCredit(link, credit);
  // One after another, so that events keep their order while they wait for their turn.
  let before = Promise.resolve();
  return (incoming) => {
    before = before.then(() => takeEvents(incoming, id, options));
  };
}

async function takeEvents({ bytes, delivery, context }: Incoming, id: string, options: DeviceOptions) {
  const { hub, gate, log } = options;
  try {
    const events = readEvents(bytes, delivery?.format === batchFormat);
    for (const { body } of events) await gate.takeTelemetry(body.length);
    for (const { properties, body, encoded } of events) hub.telemetry(id, properties, body, encoded);
    accept(delivery);
  } catch (error) {
    if (error instanceof Disturbance) return void context.connection.close();
    if (!(error instanceof HubError)) log(`AMQP: an event of '${id}' failed: ${error}`);
    const { condition, description } = conditionOf(error);
    reject(delivery, condition, description);
  }
}

/** @throws HubError MessageTooLarge, GenericBadRequest */
function readEvents(bytes: Buffer, isBatch: boolean) {
  checkLength(bytes);
  try {
    const events = (isBatch ? contentsOfBatch(bytes) : [bytes]).map((each) => {
      const { body, ...fields } = decode(each);
      return { properties: bagOf(fields), body, encoded: readMessage(each) };
    });
    const total = events.reduce((sum, { body }) => sum + body.length, 0);
    if (total <= maxEventBytes) return events;
  } catch (error) {
    throw new HubError('GenericBadRequest', `The event cannot be read: ${error}`);
  }
  throw new HubError('MessageTooLarge', `Events have ${maxEventBytes} bytes at most.`);
}

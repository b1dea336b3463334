import type { PartitionContext, ReceivedEventData } from '@azure/event-hubs';
import type { TypedData } from '../core/rpc';
import { writeAmqpMap, writeAmqpValue } from '../dotnet/amqpValues';
import { writeUnzoned } from '../dotnet/dates';
import { writeMoment } from '../dotnet/dateTimeOffset';
import { writeString } from '../dotnet/newtonsoft';

/**
 * What a function gets beside its batch: lists, a value for each event, but that nulls and empty texts are not sent, or are
 * empty texts where the app asks for these (`keepsEmpty`;
 * `EventHubTriggerBindingStrategy` of the Event Hubs extension, and how the host moves each type of list).
 */
export function toMetadata(
  events: ReceivedEventData[],
  partition: PartitionContext,
  keepsEmpty: boolean,
): Record<string, TypedData> {
  const { fullyQualifiedNamespace, eventHubName, consumerGroup, partitionId } = partition;
  const context = {
    FullyQualifiedNamespace: fullyQualifiedNamespace,
    EventHubName: eventHubName,
    ConsumerGroup: consumerGroup,
    PartitionId: partitionId,
    IsCheckpointingAfterInvocation: true,
  };
  return {
    PartitionContext: { json: JSON.stringify(context) },
    PartitionKeyArray: texts(
      events.map(({ partitionKey }) => partitionKey),
      keepsEmpty,
    ),
    OffsetArray: texts(
      events.map(({ offset }) => offset),
      keepsEmpty,
    ),
    SequenceNumberArray: { collectionSint64: { sint64: events.map(({ sequenceNumber }) => sequenceNumber) } },
    EnqueuedTimeUtcArray: list(events.map(({ enqueuedTimeUtc }) => writeString(writeUnzoned(enqueuedTimeUtc)))),
    PropertiesArray: list(events.map((event) => writeAmqpMap(event.getRawAmqpMessage().applicationProperties ?? {}))),
    SystemPropertiesArray: list(events.map(writeSystemProperties)),
  };
}

function texts(values: readonly (string | null | undefined)[], keepsEmpty: boolean): TypedData {
  return { collectionString: { string: values.map((value) => value ?? '').filter((value) => keepsEmpty || value) } };
}

function list(values: readonly string[]): TypedData {
  return { json: `[${values.join(',')}]` };
}

/** AMQP properties by their names on the wire, annotations, and what Event Hubs says of the event. */
function writeSystemProperties(event: ReceivedEventData): string {
  const { messageAnnotations = {}, properties = {} } = event.getRawAmqpMessage();
  const { sequenceNumber, offset, partitionKey, enqueuedTimeUtc } = event;
  const members = [
    ...Object.entries(properties).flatMap(([name, value]) => writeProperty(name, value) ?? []),
    ...Object.entries(messageAnnotations).map(([name, value]) => member(name, writeAmqpValue(value))),
    member('SequenceNumber', String(sequenceNumber)),
    member('Offset', writeString(offset)),
    member('PartitionKey', writeAmqpValue(partitionKey)),
    member('EnqueuedTimeUtc', writeString(writeUnzoned(enqueuedTimeUtc))),
  ];
  return `{${members.join(',')}}`;
}

function member(name: string, value: string): string {
  return `${writeString(name)}:${value}`;
}

/** One of AMQP's properties, which the client spells in camel case; undefined where the message has it not. */
function writeProperty(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const onWire = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  switch (name) {
    case 'absoluteExpiryTime':
    case 'creationTime':
      return member(onWire, writeString(writeMoment(new Date(Number(value)))));
    case 'userId':
      // A `ReadOnlyMemory<byte>`, of which Newtonsoft.Json writes all but what it holds.
      return member(onWire, `{"Length":${Buffer.from(value as string | Uint8Array).length},"IsEmpty":false}`);
    case 'messageId':
    case 'correlationId':
      return member(
        onWire,
        writeString(value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value)),
      );
    default:
      return member(onWire, writeAmqpValue(value));
  }
}

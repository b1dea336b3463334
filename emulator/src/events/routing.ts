import rhea from 'rhea';
import type { RoutedMessage } from '../hub/types';
import type { EventHub } from './eventHub';
import type { EventMessage } from './partitionLog';
import type { Topology } from './topology';

/**
 * Hands a message of the hub to the Event Hubs of its routes: once to each, however many routes lead there. All
 * messages of a device go to one partition, in order.
 */
export function routeMessage(message: RoutedMessage, routes: Topology['routes'], hubs: ReadonlyMap<string, EventHub>) {
  const names = routes.filter(({ source }) => source === message.source).map(({ eventHub }) => eventHub);
  for (const name of new Set(names)) hubs.get(name)?.append(toEventMessage(message), message.deviceId);
}

/** Where the system properties of a routed message stand in AMQP: the properties of the message, else annotations. */
const amqpProperties: Readonly<Record<string, string>> = {
  'message-id': 'message_id',
  'correlation-id': 'correlation_id',
  'user-id': 'user_id',
  to: 'to',
  'content-type': 'content_type',
  'content-encoding': 'content_encoding',
};

function toEventMessage({ body, applicationProperties, systemProperties }: RoutedMessage): EventMessage {
  const properties: Record<string, unknown> = {};
  const annotations: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(systemProperties)) {
    const property = amqpProperties[name];
    if (name === 'iothub-enqueuedtime') annotations[name] = rhea.types.wrap_timestamp(Number(value));
    else if (property === 'user_id') properties[property] = Buffer.from(String(value));
    else if (property) properties[property] = value;
    else annotations[name] = value;
  }
  return {
    ...properties,
    body: rhea.message.data_section(body),
    application_properties: applicationProperties,
    message_annotations: annotations,
  };
}

import { compileExpression, parseCondition } from '../query';
import type { JsonObject, RoutedMessage } from '../service/types';

/** Whether a message meets the condition of a route. */
export type Condition = (message: RoutedMessage, twin: () => JsonObject | undefined) => boolean;

/** The names of system properties in routing queries (Azure IoT Hub, "Message routing query syntax"). */
const systemNames: Readonly<Record<string, string>> = {
  $contentType: 'content-type',
  $contentEncoding: 'content-encoding',
  $messageId: 'message-id',
  $correlationId: 'correlation-id',
  $userId: 'user-id',
  $to: 'to',
  $connectionDeviceId: 'iothub-connection-device-id',
  $connectionModuleId: 'iothub-connection-module-id',
  $enqueuedTime: 'iothub-enqueuedtime',
  '$dt-dataschema': 'dt-dataschema',
  '$dt-subject': 'dt-subject',
};

/**
 * Reads a routing query over the application properties of a message, its `$systemProperties`, `$body` and `$twin`. What
 * is undefined is not met.
 *
 * @throws QueryError where it is not of the language.
 */
export function compileCondition(text: string): Condition {
  const expression = parseCondition(text);
  // The condition of most routes, which asks nothing of a message.
  if (expression.kind === 'literal') return () => expression.value === true;
  const evaluate = compileExpression(expression);
  return (message, twin) => evaluate(toDocument(message, twin)) === true;
}

/** Body and twin are read only where the condition asks for them. */
function toDocument(message: RoutedMessage, twin: () => JsonObject | undefined): JsonObject {
  const system = Object.entries(systemNames).flatMap(([name, property]) => {
    const value = message.systemProperties[property];
    return value === undefined ? [] : [[name, value]];
  });
  return Object.defineProperties(
    { ...message.applicationProperties, ...Object.fromEntries(system) },
    {
      $body: { get: () => readBody(message), enumerable: true },
      $twin: { get: twin, enumerable: true },
    },
  ) as JsonObject;
}

/** A body can be asked for where it says that it is JSON in UTF-8. */
function readBody({ body, systemProperties }: RoutedMessage): JsonObject | undefined {
  const { 'content-type': type, 'content-encoding': encoding } = systemProperties;
  if (!/^application\/json\b/i.test(String(type)) || !/^utf-8$/i.test(String(encoding))) return undefined;
  try {
    return JSON.parse(body.toString()) as JsonObject;
  } catch {
    return undefined;
  }
}

import { HubError, invalidArgument } from '../service/hubError';
import { isObject } from '../service/json';
import type { Json } from '../service/types';

/** A direct method as a service calls it (Azure IoT Hub, "Understand and invoke direct methods"). */
export interface MethodCall {
  methodName: string;
  payload: Json;
  /** How long the device has for its answer. */
  responseTimeoutInSeconds: number;
  /** How long to wait for a device that is not there. */
  connectTimeoutInSeconds: number;
}

/** Longest payload of a call and of its answer, as JSON in UTF-8. */
export const maxMethodPayloadBytes = 128 * 1024;

/** Both in seconds, whole numbers. */
const responseTimeouts = { least: 5, most: 300, usual: 30 };
const connectTimeouts = { least: 0, most: 300, usual: 0 };

/**
 * Reads the body of a call.
 *
 * @throws HubError ArgumentNull, ArgumentInvalid, MessageTooLarge
 */
export function parseMethodCall(body: Json | undefined): MethodCall {
  if (!isObject(body)) throw invalidArgument('The body must be a call of a direct method, a JSON object.');
  const { methodName, payload = null, responseTimeoutInSeconds, connectTimeoutInSeconds } = body;
  if (methodName === undefined || methodName === null) throw new HubError('ArgumentNull', 'The body lacks methodName.');
  // It is a level of an MQTT topic, followed by a query.
  if (typeof methodName !== 'string' || !/^[^\p{Cc}/#+?]{1,1024}$/u.test(methodName)) {
    throw invalidArgument('methodName has 1 to 1024 characters, no control characters and none of / # + ?.');
  }
  if (Buffer.byteLength(JSON.stringify(payload)) > maxMethodPayloadBytes) {
    throw new HubError('MessageTooLarge', `The payload of a direct method has ${maxMethodPayloadBytes} bytes at most.`);
  }
  return {
    methodName,
    payload,
    responseTimeoutInSeconds: seconds('responseTimeoutInSeconds', responseTimeoutInSeconds, responseTimeouts),
    connectTimeoutInSeconds: seconds('connectTimeoutInSeconds', connectTimeoutInSeconds, connectTimeouts),
  };
}

function seconds(name: string, value: Json | undefined, { least, most, usual }: typeof responseTimeouts): number {
  if (value === undefined || value === null) return usual;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalidArgument(`${name} is a whole number from ${least} to ${most}.`);
}

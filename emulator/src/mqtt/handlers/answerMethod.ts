import { type DeviceMessage, requestIdOf } from './deviceMessage';

/**
 * Hands a device's answer to the call that waits for it: `{status}/?$rid={request id}`. One that nobody waits for any
 * more is dropped.
 *
 * @throws Error for a topic that is no answer.
 */
export function answerMethod({ door, connection, rest, payload }: DeviceMessage): void {
  const [, status, query = ''] = /^(-?\d{1,10})\/(\?.*)$/s.exec(rest) ?? [];
  if (status === undefined)
    throw new Error('an answer to a direct method goes to $iothub/methods/res/{status}/?$rid=…');
  door.hub.methods.answer(connection.id, requestIdOf(query), Number(status), payload);
}

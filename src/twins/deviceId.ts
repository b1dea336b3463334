import { InvalidInputError } from '../errors/invalidInputError';
import { deviceIdRule, isDeviceId } from './isDeviceId';

/**
 * Checks a device id, which is case-sensitive: see {@link isDeviceId}.
 *
 * @throws InvalidInputError
 */
export function parseDeviceId(text: string | undefined): string {
  if (text === undefined || !isDeviceId(text)) throw new InvalidInputError(deviceIdRule, 'deviceId');
  return text;
}

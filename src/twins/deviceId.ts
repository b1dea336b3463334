import { InvalidInputError } from '../errors/invalidInputError';

/**
 * Checks a device id: 1 to 128 of the ASCII characters that IoT Hub allows, case-sensitive.
 * `.` and `..` are refused too, since proxies read them as steps of a path.
 *
 * @throws InvalidInputError
 */
export function parseDeviceId(text: string | undefined): string {
  if (!text || !isDeviceId(text)) {
    throw new InvalidInputError("A device id has 1 to 128 ASCII letters, digits or -:.+%_#*?!(),=@;$'.", 'deviceId');
  }
  return text;
}

/** Whether a text is an id of a device or module as {@link parseDeviceId} takes it. */
export function isDeviceId(text: string): boolean {
  return /^(?!\.{1,2}$)[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/.test(text);
}

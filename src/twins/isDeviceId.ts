/**
 * Whether a text can be the id of a device or module: 1 to 128 of the ASCII characters that IoT Hub allows. `.` and `..` are
 * none, since proxies read them as steps of a path.
 */
export function isDeviceId(text: string): boolean {
  return /^(?!\.{1,2}$)[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/.test(text);
}

/** What an id that is none is told. */
export const deviceIdRule = "A device id has 1 to 128 ASCII letters, digits or -:.+%_#*?!(),=@;$'.";

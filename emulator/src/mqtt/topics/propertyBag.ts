/** Writes properties at the end of a topic; the hub encodes the `$` of system properties too. */
export function writePropertyBag(properties: readonly (readonly [name: string, value: string])[]): string {
  return properties.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
}

/**
 * Reads the properties at the end of a telemetry topic: `name=value&…`, percent-encoded, names of system properties
 * (`$.ct`) included.
 *
 * @throws Error where the encoding is broken.
 */
export function parsePropertyBag(bag: string): Record<string, string> {
  const pairs = bag
    .replace(/^\?|\/$/g, '')
    .split('&')
    .filter(Boolean);
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', ...value] = pair.split('=');
      return [decodeURIComponent(name), decodeURIComponent(value.join('='))];
    }),
  );
}

import { idOf } from '../hub/identity';

/** What devices find below their own path. */
export type DeviceEndpoint = 'messages/events' | 'messages/devicebound' | 'twin' | 'methods/devicebound';

/** What services find. */
export type ServiceEndpoint =
  | 'messages/devicebound'
  | 'messages/servicebound/feedback'
  | 'messages/servicebound/filenotifications';

/** What the address of a link names. */
export type HubAddress =
  | { of: 'device'; id: string; endpoint: DeviceEndpoint }
  | { of: 'service'; endpoint: ServiceEndpoint }
  /** The built-in Event Hub, by the name that it has at the hub. */
  | { of: 'events' };

const deviceEndpoints: readonly DeviceEndpoint[] = [
  'messages/events',
  'messages/devicebound',
  'twin',
  'methods/devicebound',
];

const serviceEndpoints: readonly ServiceEndpoint[] = [
  'messages/devicebound',
  'messages/servicebound/feedback',
  'messages/servicebound/filenotifications',
];

/**
 * Reads an address of a hub, with or without `amqps://host` or a slash in front. Its fixed parts are compared without
 * case, as SDKs differ by it. `undefined` where it is none.
 *
 * @param isKnown whether there is an identity; ids come percent-encoded of some clients, and of others as they are.
 */
export function parseHubAddress(address: string, isKnown: (id: string) => boolean): HubAddress | undefined {
  const path = address.replace(/^\w+:\/\/[^/]+/, '').replace(/^\//, '');
  const endpoint = serviceEndpoints.find((each) => each === path.toLowerCase());
  if (endpoint) return { of: 'service', endpoint };
  if (/^messages\/events(\/|$)/i.test(path)) return { of: 'events' };
  return parseDevicePath(path, isKnown);
}

/** Reads the path of a device's or module's endpoint, without a slash in front. */
export function parseDevicePath(path: string, isKnown: (id: string) => boolean): HubAddress | undefined {
  const [, deviceId = '', moduleId, rest = ''] = /^devices\/([^/]+)(?:\/modules\/([^/]+))?\/(.+)$/i.exec(path) ?? [];
  const endpoint = deviceEndpoints.find((each) => each === rest.toLowerCase());
  if (!endpoint) return undefined;
  const raw = idOf({ deviceId, ...(moduleId === undefined ? {} : { moduleId }) });
  // A sign that comes encoded may also stand in an id as it is.
  const id = isKnown(raw) ? raw : decoded(raw);
  return id === undefined ? undefined : { of: 'device', id, endpoint };
}

/** `+` is how .NET encodes a space, which no id has: so it stands for itself. */
function decoded(text: string): string | undefined {
  try {
    const id = decodeURIComponent(text);
    return id.split('/').length === text.split('/').length ? id : undefined;
  } catch {
    return undefined;
  }
}

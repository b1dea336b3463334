import { InvalidInputError } from '../../errors/invalidInputError';

/** Where the hub is and how the app shows who it is. */
export interface HubAddress {
  host: string;
  port: number;
  credential: { kind: 'key'; policy: string; key: string } | { kind: 'identity'; clientId: string | undefined };
}

/**
 * Reads a service connection string; `HostName` may carry a port, as that of a gateway does.
 *
 * @throws InvalidInputError whose message never repeats the key.
 */
export function parseConnectionString(text: string): HubAddress {
  const fields = new Map(text.split(';').map(splitField));
  const [hostName, policy, key] = ['HostName', 'SharedAccessKeyName', 'SharedAccessKey'].map((name) => {
    const value = fields.get(name);
    if (!value) throw new InvalidInputError(`lacks ${name}=…; take the connection string of a policy, not of a device`);
    return value;
  }) as [string, string, string];
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(key)) throw new InvalidInputError('has a SharedAccessKey that is not base64');
  return { ...parseHostName(hostName), credential: { kind: 'key', policy, key } };
}

/**
 * Reads `host` or `host:port`; the port is 443 by default.
 *
 * @throws InvalidInputError
 */
export function parseHostName(text: string): { host: string; port: number } {
  const [, host, port = '443'] = /^([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (!host || Number(port) < 1 || Number(port) > 65_535) {
    throw new InvalidInputError('has a host name that is not of the form name or name:port');
  }
  return { host: host.toLowerCase(), port: Number(port) };
}

function splitField(field: string): [name: string, value: string] {
  const at = field.indexOf('=');
  return at < 0 ? [field.trim(), ''] : [field.slice(0, at).trim(), field.slice(at + 1).trim()];
}

import { createHmac, timingSafeEqual } from 'node:crypto';

/** The parts of a token `SharedAccessSignature sr=…&sig=…&se=…[&skn=…]`, in any order. */
export interface SharedAccessSignature {
  /** The resource as it was signed, percent-encoding included. */
  sr: string;
  sig: Buffer;
  /** Seconds since the epoch. */
  se: number;
  /** Name of the policy; absent where a device signed with its own key. */
  skn?: string;
}

/** Reads a token; `undefined` where it is none. */
export function parseSharedAccessSignature(token: string): SharedAccessSignature | undefined {
  const [, text] = /^SharedAccessSignature (\S+)$/.exec(token) ?? [];
  const fields = new Map((text ?? '').split('&').map(splitField));
  const [sr, sig, se, skn] = ['sr', 'sig', 'se', 'skn'].map((name) => fields.get(name));
  const decoded = decode(sig);
  if (!sr || !decoded || !se || !/^\d{1,12}$/.test(se)) return undefined;
  return { sr, sig: Buffer.from(decoded, 'base64'), se: Number(se), ...(skn ? { skn: decode(skn) ?? skn } : {}) };
}

/** Whether the token was signed with the key, and has not expired. */
export function isSignedWith(token: SharedAccessSignature, key: Buffer): boolean {
  const { sr, sig, se } = token;
  const expected = createHmac('sha256', key).update(`${sr}\n${se}`).digest();
  return sig.length === expected.length && timingSafeEqual(sig, expected) && !isExpired(token);
}

export function isExpired({ se }: SharedAccessSignature): boolean {
  return se * 1000 <= Date.now();
}

/**
 * Whether the token covers a path below the hub, given by its decoded segments. It is a prefix by segment: `/devices/a`
 * covers `/devices/a/messages`, not `/devices/ab`. The host in front is not compared: behind a port or a gateway it has
 * many names. What is no host, as a scope that was encoded twice, covers nothing.
 */
export function covers({ sr }: SharedAccessSignature, path: readonly string[]): boolean {
  const [host = '', ...scope] = scopeOf(sr);
  return isHost.test(host) && scope.every((segment, index) => segment === path[index]);
}

/** The host of a resource, and the segments of its path, decoded. */
export function scopeOf(sr: string): string[] {
  return (decode(sr) ?? '').replace(/\/$/, '').split('/');
}

/** A name or an address, and a port. */
export const isHost = /^([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i;

function splitField(field: string): [name: string, value: string] {
  const at = field.indexOf('=');
  return [field.slice(0, at), field.slice(at + 1)];
}

function decode(text = ''): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

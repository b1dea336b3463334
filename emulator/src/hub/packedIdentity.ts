import type { Authentication } from './authentication';
import type { Identity, Ids } from './identity';
import { never } from './time';

/** What most identities have in common: left out where it is so. */
const usual = { status: 'enabled', statusUpdatedTime: never, iotEdge: false } as const;

type Packed = [
  generationId: string,
  writes: number,
  proof: [string, string] | Authentication,
  more?: Partial<Identity>,
];

/** An identity as text, short because a fleet holds a million of them; it lacks the id, by which they are found. */
export function packIdentity(identity: Identity): string {
  const { deviceId, moduleId, generationId, writes, authentication, ...more } = identity;
  const unusual = Object.entries(more).filter(([name, value]) => usual[name as keyof typeof usual] !== value);
  const proof: Packed[2] =
    authentication.type === 'sas'
      ? [authentication.symmetricKey.primaryKey, authentication.symmetricKey.secondaryKey]
      : authentication;
  const packed: Packed = [generationId, writes, proof];
  if (unusual.length > 0) packed.push(Object.fromEntries(unusual));
  return JSON.stringify(packed);
}

export function unpackIdentity(ids: Ids, text: string): Identity {
  const [generationId, writes, proof, more]: Packed = JSON.parse(text);
  const authentication: Authentication = Array.isArray(proof)
    ? { type: 'sas', symmetricKey: { primaryKey: proof[0], secondaryKey: proof[1] } }
    : proof;
  const { status, statusUpdatedTime, iotEdge } = usual;
  const identity = { ...ids, generationId, writes, authentication, status, statusUpdatedTime, iotEdge };
  return more ? Object.assign(identity, more) : identity;
}

/** Whether a packed identity, or a text that begins with one, is disabled: within JSON, text has its quotes escaped. */
export function isPackedDisabled(text: string): boolean {
  return text.slice(0, text.indexOf('\n')).includes('"status":"disabled"');
}

import { never } from '../service/time';
import type { Authentication } from './authentication';
import type { Identity, Ids } from './identity';

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

export function unpackIdentity({ deviceId, moduleId }: Ids, text: string): Identity {
  const packed: Packed = JSON.parse(text);
  const proof = packed[2];
  const identity: Identity = {
    deviceId,
    generationId: packed[0],
    writes: packed[1],
    authentication: Array.isArray(proof)
      ? { type: 'sas', symmetricKey: { primaryKey: proof[0], secondaryKey: proof[1] } }
      : proof,
    status: usual.status,
    statusUpdatedTime: usual.statusUpdatedTime,
    iotEdge: usual.iotEdge,
  };
  if (moduleId !== undefined) identity.moduleId = moduleId;
  return packed[3] ? Object.assign(identity, packed[3]) : identity;
}

/** Whether a packed identity, or a text that begins with one, is disabled: within JSON, text has its quotes escaped. */
export function isPackedDisabled(text: string): boolean {
  return text.slice(0, text.indexOf('\n')).includes('"status":"disabled"');
}

import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { SymmetricKey } from '../hub/authentication';
import type { PolicyKeys } from '../security/accessControl';
import { policyRights } from '../security/policies';
import { readIfPresent, writeOnce } from './files';

/** The keys of a state folder. All come from one kept secret, so that a hub in memory has the same after a restart. */
export interface Keys {
  policies: PolicyKeys;
  eventHubs: string;
  topic: string;
  /** Of a device, or of a module: `device/module`. */
  device(id: string): SymmetricKey;
}

const file = 'secret';

/** Reads the secret of a state folder, making it first where it is missing. */
export function loadKeys(stateDir: string): Keys {
  const path = join(stateDir, file);
  const secret = readIfPresent(path) ?? writeOnce(path, randomBytes(32).toString('base64'));
  const derive = (...use: string[]) => createHmac('sha256', secret).update(JSON.stringify(use)).digest('base64');
  return {
    policies: Object.fromEntries(Object.keys(policyRights).map((name) => [name, derive('policy', name)])),
    eventHubs: derive('eventHubs'),
    topic: derive('topic'),
    device: (id) => ({
      primaryKey: derive('device', id, 'primary'),
      secondaryKey: derive('device', id, 'secondary'),
    }),
  };
}

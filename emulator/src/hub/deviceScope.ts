import { HubError } from '../service/hubError';

/** Where a device belongs: an IoT Edge device is a scope of its own, below its parents; any other is in that of a parent. */
export interface Scopes {
  deviceScope?: string;
  parentScopes?: string[];
}

/** What of an identity scopes depend on. */
interface Scoped extends Scopes {
  deviceId: string;
  moduleId?: string;
  generationId: string;
  iotEdge: boolean;
}

/** What a PUT says of them. */
type ScopesInput = Scopes & Pick<Scoped, 'iotEdge'>;

const prefix = 'ms-azure-iot-edge://';

/** The scope that an IoT Edge device is (Azure IoT Edge, "Parent and child relationships"). */
export function ownScope({ deviceId, generationId }: Pick<Scoped, 'deviceId' | 'generationId'>): string {
  return `${prefix}${deviceId}-${generationId}`;
}

/** The device whose scope a text would be; ids hold dashes too, generations do not. */
function deviceOf(scope: string): string {
  return scope.startsWith(prefix) ? scope.slice(prefix.length, scope.lastIndexOf('-')) : '';
}

/**
 * Checks the scopes that a PUT on a device brings: they are those of IoT Edge devices, and nobody changes an own one. What
 * it had already it may keep.
 *
 * @param find the identity of a device.
 * @throws HubError InvalidDeviceScope
 */
export function checkScopes(deviceId: string, input: ScopesInput, find: (id: string) => Scoped | undefined): void {
  const before = find(deviceId);
  const { deviceScope = '', parentScopes = [], iotEdge } = input;
  if (iotEdge && deviceScope !== '' && deviceScope !== before?.deviceScope) {
    throw invalidScope(`The scope of an IoT Edge device is made by the hub and cannot be changed to '${deviceScope}'.`);
  }
  const kept = [before?.deviceScope, ...(before?.parentScopes ?? [])];
  for (const scope of iotEdge ? parentScopes : [deviceScope]) {
    if (scope === '' || (kept.includes(scope) && deviceOf(scope) !== deviceId)) continue;
    const parent = find(deviceOf(scope));
    if (!parent?.iotEdge || parent.deviceId === deviceId || ownScope(parent) !== scope) {
      throw invalidScope(`'${scope}' is not the scope of another IoT Edge device: take its deviceScope.`);
    }
  }
}

/** The scopes that a device has after a PUT; what a leaf has of its own is copied to those of its parents. */
export function scopesOf(identity: Scoped, { iotEdge, deviceScope, parentScopes = [] }: ScopesInput): Scopes {
  if (identity.moduleId !== undefined) return {};
  if (iotEdge) return { deviceScope: ownScope(identity), parentScopes };
  const { deviceScope: old, parentScopes: oldParents } = identity;
  if (deviceScope === undefined) {
    return { ...(old === undefined ? {} : { deviceScope: old }), ...(oldParents ? { parentScopes: oldParents } : {}) };
  }
  return deviceScope === '' ? { parentScopes: [] } : { deviceScope, parentScopes: [deviceScope] };
}

function invalidScope(text: string): HubError {
  return new HubError('InvalidDeviceScope', text);
}

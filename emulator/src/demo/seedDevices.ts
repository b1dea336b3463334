import { plainIdentity } from '../hub/identity';
import type { Hub } from '../iotHub';
import { HubError } from '../service/hubError';
import { seededRandom } from '../service/random';
import { connectivities, firmwares, idOf, one, plants } from './demoDevices';

/** Devices that are made at a time: a store commits together what comes together. */
const batch = 1000;

const dayMs = 24 * 60 * 60 * 1000;

/** Devices that a hub has from the start. */
export interface Seed {
  /** Registered by name. */
  devices: readonly string[];
  /** How many more are registered, with tags and reports. */
  simulated: number;
  /** Gives these a past too, by chances that follow from this number. */
  liveSeed?: number | undefined;
}

/** Registers the devices that are missing. */
export async function seedDevices(hub: Hub, { devices, simulated, liveSeed }: Seed): Promise<void> {
  for (const deviceId of devices) await registerIfMissing(hub, deviceId);
  const chance = liveSeed === undefined ? undefined : seededRandom(liveSeed);
  for (let first = 0; first < simulated; first += batch) {
    const length = Math.min(batch, simulated - first);
    await Promise.all(Array.from({ length }, (_, index) => simulate(hub, first + index, chance)));
  }
}

async function simulate(hub: Hub, index: number, chance: (() => number) | undefined): Promise<void> {
  const deviceId = idOf(index);
  // Drawn at once: what comes next hangs neither on who is there already nor on how long a write takes.
  const report = chance && { firmware: one(firmwares, chance()), battery: Math.round(20 + 80 * chance()) };
  const past = chance?.();
  if (await registerIfMissing(hub, deviceId)) {
    const connectivity = connectivities[index % connectivities.length] ?? '';
    await Promise.all([
      hub.patchTwin(deviceId, { tags: { location: { ...plants[index % plants.length] } } }),
      hub.patchReported(deviceId, { connectivity, ...report }),
    ]);
  }
  if (past !== undefined) bringToLife(hub, deviceId, past);
}

/** Of a hundred devices 80 are connected, 15 were so within the last day, and 5 have been silent for up to thirty. */
function bringToLife(hub: Hub, deviceId: string, chance: number): void {
  if (chance < 0.8) {
    hub.setConnectionState(deviceId, true);
    return;
  }
  const agoMs = chance < 0.95 ? (dayMs * (chance - 0.8)) / 0.15 : dayMs * (1 + (29 * (chance - 0.95)) / 0.05);
  hub.noteActivity(deviceId, new Date(Date.now() - agoMs).toISOString());
}

/** Whether it was missing. */
async function registerIfMissing(hub: Hub, deviceId: string): Promise<boolean> {
  try {
    await hub.registry.create(deviceId, plainIdentity);
    return true;
  } catch (error) {
    if (error instanceof HubError && error.errorName === 'DeviceAlreadyExists') return false;
    throw error;
  }
}

import { plainIdentity } from './hub/identity';
import type { Hub } from './iotHub';
import { HubError } from './service/hubError';

/** Devices that are made at a time: a store commits together what comes together. */
const batch = 1000;

const plants = ['Redmond43', 'Redmond40', 'Dublin2', 'Singapore7'];
const regions = ['US', 'US', 'EU', 'APAC'];
const connectivities = ['cellular', 'wifi', 'ethernet'];

/** Registers devices by name, where they are missing, and a number of simulated ones with tags and reports. */
export async function seedDevices(hub: Hub, deviceIds: string[], simulated: number): Promise<void> {
  for (const deviceId of deviceIds) await registerIfMissing(hub, deviceId);
  for (let first = 0; first < simulated; first += batch) {
    const length = Math.min(batch, simulated - first);
    await Promise.all(Array.from({ length }, (_, index) => simulate(hub, first + index)));
  }
}

async function simulate(hub: Hub, index: number): Promise<void> {
  const deviceId = `sim-${String(index + 1).padStart(6, '0')}`;
  if (!(await registerIfMissing(hub, deviceId))) return;
  const plant = index % plants.length;
  const location = { region: regions[plant] ?? '', plant: plants[plant] ?? '' };
  await Promise.all([
    hub.patchTwin(deviceId, { tags: { location } }),
    hub.patchReported(deviceId, { connectivity: connectivities[index % connectivities.length] ?? '' }),
  ]);
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

import type { Device } from '../hub/device';

/** What of a device outlives the process. */
export type KeptDevice = Pick<Device, 'identity' | 'twin' | 'ordinal'>;

/** Where a hub keeps its devices. A promise resolves when its change would survive the end of the process. */
export interface Store {
  /** All kept devices in the order of their creation. */
  devices(): Iterable<KeptDevice>;
  put(device: KeptDevice): Promise<void>;
  delete(deviceId: string): Promise<void>;
}

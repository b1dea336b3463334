import type { Hub } from '../iotHub';
import type { Gate } from '../limits/gate';

/** What serves the links of devices and services. */
export interface DeviceOptions {
  hub: Hub;
  gate: Gate;
  log: (line: string) => void;
}

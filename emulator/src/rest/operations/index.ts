import { configurationOperations } from './configurationOperations';
import { jobOperations } from './jobOperations';
import { messageOperations } from './messageOperations';
import { methodOperations } from './methodOperations';
import type { Operation } from './operation';
import { registryOperations } from './registryOperations';
import { twinOperations } from './twinOperations';

/** What this emulator serves of the service API. */
export const operations: readonly Operation[] = [
  ...twinOperations,
  ...methodOperations,
  ...registryOperations,
  ...jobOperations,
  ...messageOperations,
  ...configurationOperations,
];

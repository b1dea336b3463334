import type { Hub } from '../azure/hub/hub';
import type { CallOptions } from '../azure/hub/operationKind';
import type { Quotas } from '../azure/hub/quotas';
import type { Queue } from '../azure/queue/queue';
import type { TagJobStore } from './tagJobStore';

/** What tag jobs are carried out with. Each throws SettingError where its setting is invalid, the last two where it is missing. */
export interface JobMeans {
  /** The hub, for calls that may each take so long. */
  hub(deadlineMs: number, options?: CallOptions): Hub;
  /** What the hub allows. */
  quotas(): Quotas;
  /** The memory of jobs; undefined where no tables are configured. */
  store(): TagJobStore | undefined;
  needStore(): TagJobStore;
  needQueue(): Pick<Queue, 'send'>;
}

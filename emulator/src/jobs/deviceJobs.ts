import type { Entry } from '../query/source';
import { serviceTime } from '../service/time';
import type { Json, JsonObject } from '../service/types';

/** What a job does to its devices. */
export type JobType = 'scheduleUpdateTwin' | 'scheduleDeviceMethod';

/** Of the statuses that the service documents, those that a device's part of a job has here. */
export type DeviceJobStatus = 'pending' | 'running' | 'completed' | 'failed';

/** What is kept of a device's part of a job. */
export interface DeviceJobState {
  ordinal: number;
  deviceId: string;
  status: DeviceJobStatus;
  createdTime: string;
  lastUpdatedTime: string;
  startTime?: string;
  endTime?: string;
  /** What the device answered to a method. */
  response?: { status: number; payload: Json };
  error?: { code: string; description: string };
}

/** A device's part of a job: a row of `devices.jobs`. */
export class DeviceJob implements Entry {
  constructor(
    private readonly job: { jobId: string; jobType: JobType },
    public state: DeviceJobState,
  ) {}

  get ordinal(): number {
    return this.state.ordinal;
  }

  get isDone(): boolean {
    return this.state.status === 'completed' || this.state.status === 'failed';
  }

  read(): JsonObject {
    const { deviceId, status, createdTime, lastUpdatedTime, startTime, endTime, response, error } = this.state;
    return {
      deviceId,
      ...this.job,
      status,
      ...(startTime === undefined ? {} : { startTimeUtc: startTime }),
      ...(endTime === undefined ? {} : { endTimeUtc: endTime }),
      createdDateTimeUtc: createdTime,
      lastUpdatedDateTimeUtc: lastUpdatedTime,
      outcome: response ? { deviceMethodResponse: response } : {},
      ...(error ? { error } : {}),
    };
  }
}

/** How many devices of a job stand where. */
export interface DeviceJobStatistics {
  deviceCount: number;
  failedCount: number;
  succeededCount: number;
  runningCount: number;
  pendingCount: number;
}

/** The devices of one job, in blocks: those of a page of the query that found them are kept together. */
export class DeviceJobs {
  readonly blocks: DeviceJob[][] = [];
  readonly #counts: Record<DeviceJobStatus, number> = { pending: 0, running: 0, completed: 0, failed: 0 };

  add(block: DeviceJob[]): void {
    this.blocks.push(block);
    for (const { state } of block) this.#counts[state.status]++;
  }

  *all(): Iterable<DeviceJob> {
    for (const block of this.blocks) yield* block;
  }

  /** Notes what became of a device. */
  change(
    device: DeviceJob,
    changes: Partial<Pick<DeviceJobState, 'status' | 'startTime' | 'response' | 'error'>>,
  ): void {
    this.#counts[device.state.status]--;
    const now = serviceTime();
    device.state = { ...device.state, ...changes, lastUpdatedTime: now };
    if (device.isDone) device.state.endTime = now;
    this.#counts[device.state.status]++;
  }

  statistics(): DeviceJobStatistics {
    const { pending, running, completed, failed } = this.#counts;
    return {
      deviceCount: pending + running + completed + failed,
      failedCount: failed,
      succeededCount: completed,
      runningCount: running,
      pendingCount: pending,
    };
  }
}

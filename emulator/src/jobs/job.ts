import type { MethodCall } from '../hub/methodCall';
import type { JsonObject } from '../service/types';
import type { DeviceJobs } from './deviceJobs';

/** Of the statuses that the service documents, those that a job has here. */
export type JobStatus = 'queued' | 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled';

/** What a job does to each of its devices. */
export type JobWork =
  | { type: 'scheduleUpdateTwin'; updateTwin: JsonObject }
  | { type: 'scheduleDeviceMethod'; cloudToDeviceMethod: MethodCall };

/** A job as a service asks for it. */
export interface JobRequest {
  jobId: string;
  /** What would stand after `WHERE` in a query of devices. */
  queryCondition: string;
  work: JobWork;
  /** ISO 8601, in UTC; absent where the job is to start at once. */
  startTime?: string;
  maxExecutionTimeInSeconds: number;
}

/** What of a job is kept. */
export interface JobState extends JobRequest {
  /** Where it stands among the jobs: they are listed in the order of their creation. */
  ordinal: number;
  status: JobStatus;
  createdTime: string;
  startTime: string;
  /** When it began to run, in milliseconds since the epoch: its time counts from there. */
  began?: number;
  endTime?: string;
  failureReason?: string;
}

/** A job of a hub. */
export interface Job {
  state: JobState;
  /** What became of its devices; empty before it runs. */
  devices: DeviceJobs;
}

/** Whether a job takes one of the places that the tier has for jobs at a time; a scheduled one does already. */
export function isActive({ state: { status } }: Job): boolean {
  return status === 'queued' || status === 'scheduled' || status === 'running';
}

/** A job as `GET /jobs/v2/{id}` answers it (api-version 2021-04-12, `JobResponse`). */
export function toJobDocument({ state, devices }: Job): JsonObject {
  const { jobId, queryCondition, work, createdTime, startTime, endTime, status, failureReason } = state;
  const { maxExecutionTimeInSeconds } = state;
  return {
    jobId,
    queryCondition,
    createdTime,
    startTime,
    ...(endTime === undefined ? {} : { endTime }),
    maxExecutionTimeInSeconds,
    ...toWorkDocument(work),
    status,
    ...(failureReason === undefined ? {} : { failureReason, statusMessage: failureReason }),
    ...(state.began === undefined ? {} : { deviceJobStatistics: { ...devices.statistics() } }),
  };
}

/** Real hubs show an `updateTwin` with the device that it does not name. */
function toWorkDocument(work: JobWork): JsonObject {
  if (work.type === 'scheduleUpdateTwin')
    return { type: work.type, updateTwin: { deviceId: null, ...work.updateTwin } };
  return { type: work.type, cloudToDeviceMethod: { ...work.cloudToDeviceMethod } };
}

import type { JobClient } from 'azure-iothub/dist/job_client';
import * as z from 'zod/mini';
import { type Condition, toText } from '../../conditions/condition';
import { maxQueryLength } from '../../conditions/twinQuery';
import type { TagsPatch } from '../../twins/tags';
import type { HubCall } from './hubConnection';
import { HubError } from './hubError';
import type { Access } from './toHubError';

const jobAccess: Access = { right: 'ServiceConnect', role: 'IoT Hub Data Contributor (or one with jobs/* alone)' };

/** How long a job may run where the caller does not say: as long as the SDK gives it. */
const defaultExecutionSeconds = 3600;

const told = z.nullish(z.string());
const count = z.nullish(z.number());

/** A job of the hub as it answers it (api-version 2021-04-12); what it has not to tell yet is absent or null. */
export const hubJobSchema = z.object({
  status: z.enum(['unknown', 'enqueued', 'queued', 'scheduled', 'running', 'completed', 'failed', 'cancelled']),
  queryCondition: told,
  createdTime: told,
  startTime: told,
  endTime: told,
  failureReason: told,
  statusMessage: told,
  /** At times only there when the job has ended. */
  deviceJobStatistics: z.nullish(
    z.object({
      deviceCount: count,
      failedCount: count,
      succeededCount: count,
      runningCount: count,
      pendingCount: count,
    }),
  ),
});

export type HubJob = z.infer<typeof hubJobSchema>;

/** A device that a job failed on. */
export const jobFailureSchema = z.object({
  deviceId: z.string(),
  error: z.nullish(z.object({ code: z.nullish(z.union([z.string(), z.number()])), description: told })),
});

export type JobFailure = z.infer<typeof jobFailureSchema>;

/** A device of a job, with what became of it. */
export const jobDeviceSchema = z.extend(jobFailureSchema, { status: z.string() });

export type JobDevice = z.infer<typeof jobDeviceSchema>;

/** When a job runs. */
export interface JobSchedule {
  /** At once unless told otherwise; within 168 hours. */
  startTime?: Date | undefined;
  maxExecutionSeconds?: number | undefined;
}

/** The condition of a job over the devices that meet it: what stands after WHERE, which a job cannot do without. */
export function jobCondition(condition: Condition | undefined): string {
  const text = condition ? toText(condition) : 'is_defined(deviceId)';
  if (text.length <= maxQueryLength) return text;
  throw new HubError('invalid', `The condition has ${text.length} characters; a hub's job takes ${maxQueryLength}.`);
}

export function createJob(jobId: string, condition: string, tags: TagsPatch, schedule: JobSchedule): HubCall<HubJob> {
  const { startTime = new Date(), maxExecutionSeconds = defaultExecutionSeconds } = schedule;
  // Without an etag of its own the hub may refuse the patch; one etag cannot be right for many devices.
  const patch = { etag: '*', tags };
  return jobCall(jobId, (jobs, id) => jobs.scheduleTwinUpdate(id, condition, patch, startTime, maxExecutionSeconds));
}

export function readJob(jobId: string): HubCall<HubJob> {
  return jobCall(jobId, (jobs, id) => jobs.getJob(id));
}

export function endJob(jobId: string): HubCall<HubJob> {
  return jobCall(jobId, (jobs, id) => jobs.cancelJob(id));
}

function jobCall(jobId: string, invoke: (jobs: JobClient, id: string) => Promise<unknown>): HubCall<HubJob> {
  const id = checkJobId(jobId);
  return { kind: 'job', invoke: ({ jobs }) => invoke(jobs, id), schema: hubJobSchema, access: jobAccess };
}

/** The devices that a job failed on. Queries over jobs select all, and cost none of the day's messages. */
export function jobFailuresQuery(jobId: string): string {
  return `${jobDevicesQuery(jobId)} AND devices.jobs.status = 'failed'`;
}

/** All devices of a job, with what became of them. */
export function jobDevicesQuery(jobId: string): string {
  return `SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${checkJobId(jobId)}'`;
}

/** The SDK puts the id into the address as it is, and hubs take no other characters. */
function checkJobId(jobId: string): string {
  if (/^[a-z0-9-]{1,64}$/.test(jobId)) return jobId;
  throw new HubError('invalid', "The id of a hub's job has 1 to 64 lower-case letters, digits or -.");
}

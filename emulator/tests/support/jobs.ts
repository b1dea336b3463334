import { setTimeout as sleep } from 'node:timers/promises';
import { JobClient } from 'azure-iothub';
import type { TestEmulator } from './emulator';
import { overHttps } from './overHttps';

/** A job as the service answers it, as far as tests look. */
export interface JobAnswer {
  jobId: string;
  type: string;
  status: string;
  createdTime: string;
  startTime: string;
  endTime?: string;
  failureReason?: string;
  maxExecutionTimeInSeconds?: number;
  deviceJobStatistics?: Record<
    'deviceCount' | 'failedCount' | 'succeededCount' | 'runningCount' | 'pendingCount',
    number
  >;
}

/** Unmodified `JobClient` of `azure-iothub`; of the policy `iothubowner`, or of another one. */
export function jobClient(emulator: TestEmulator, policy?: string): JobClient {
  const connectionString = emulator.hub.connectionString(policy).replace(/:\d+/, '');
  return overHttps(emulator.agent, JobClient.fromConnectionString(connectionString));
}

/** Asks for a job until it is as wanted; a hub tells nobody of its jobs. */
export async function jobThat(
  client: JobClient,
  jobId: string,
  isWanted: (job: JobAnswer) => boolean,
): Promise<JobAnswer> {
  for (;;) {
    const { jobStatus } = await client.getJob(jobId);
    if (isWanted(jobStatus)) return jobStatus;
    await sleep(5);
  }
}

/** A job when nothing more happens to it. */
export function endedJob(client: JobClient, jobId: string): Promise<JobAnswer> {
  return jobThat(client, jobId, ({ status }) => ['completed', 'failed', 'cancelled'].includes(status));
}

/** Lists jobs. The typings of the SDK know statuses that no hub has, and lack those that it has. */
export function listJobs(
  client: JobClient,
  { type, status, pageSize }: { type?: string; status?: string; pageSize?: number } = {},
): ReturnType<JobClient['createQuery']> {
  const { createQuery } = client as unknown as {
    createQuery(...filter: unknown[]): ReturnType<JobClient['createQuery']>;
  };
  return createQuery.call(client, type, status, pageSize);
}

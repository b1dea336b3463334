import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { visible } from '../src/visible';
import type { ApiRequest } from './client';
import type { Context, Given, Options } from './command';
import { confirm, confirmHelp, confirmOptions, isTerminal } from './confirm';
import { FailedError, InterruptedError } from './errors';
import { formatDuration } from './expectedTime';
import { isDone, isOver, type Job, jobSchema, watchJob } from './followJob';
import { keepsJobs } from './keepsJobs';
import { printJob } from './printJob';
import { write } from './terminal';

const dryRunSchema = z.looseObject({
  engine: z.string(),
  devices: z.int(),
  sample: z.array(z.string()),
  expectedSeconds: z.number(),
  detail: z.optional(z.string()),
});

/** What every command takes that begins a tag job. */
export const jobOptions = {
  ...confirmOptions,
  reason: { type: 'string' },
  'dry-run': { type: 'boolean' },
  'no-wait': { type: 'boolean' },
} satisfies Options;

export const jobHelp = `  --reason TEXT          why; kept with each change
  --dry-run              says what would be done
  --no-wait              does not wait for the job's end
${confirmHelp}`;

/** What to begin: where it is asked for, and of how many devices that is known without asking. */
export interface Work {
  path: string;
  request: ApiRequest;
  devices?: number | undefined;
  /** What to ask before it is done to many devices. */
  what?: string;
}

/** Says what a request would do. */
export async function tryOut(work: Work, context: Context): Promise<void> {
  const { stdout, json } = context;
  const answer = await askDryRun(work, context);
  if (json) return write(stdout, `${JSON.stringify(answer)}\n`);
  const { devices, engine, sample, expectedSeconds, detail } = answer;
  const some = sample.length > 0 ? `: ${visible(sample.join(', '))}${devices > sample.length ? ', …' : ''}` : '';
  const time = formatDuration(expectedSeconds);
  const what = `Nothing was done. ${devices} devices by ${engine}, ${time} at the hub's quota${some}`;
  await write(stdout, `${what}\n${detail ? `${visible(detail)}\n` : ''}`);
}

/**
 * Has the app carry out a request once the person at the terminal agrees, follows its job unless told otherwise, and prints
 * it.
 */
export async function carryOut(work: Work, given: Given, context: Context): Promise<Job> {
  if (!given.flag('yes') && isTerminal(context)) {
    await confirm(work.devices ?? (await askDryRun(work, context)).devices, context, work.what);
  }
  const key = (await keepsJobs(context)) ? { 'idempotency-key': randomUUID() } : {};
  const started = await start(work, key, context);
  if (!isOver(started)) {
    const { jobId, engine, counts, expectedSeconds } = started;
    const time = formatDuration(expectedSeconds);
    context.say(`Job ${jobId}: ${counts.total} devices by ${engine}, ${time} at the hub's quota.`);
  }
  const job = given.flag('no-wait') ? started : await watchUnlessStopped(started, context);
  await printJob(job, context);
  return job;
}

/** @throws FailedError where a job is over, and not every device is as it should be. */
export function refuseFailures(job: Job, message: string): void {
  if (isOver(job) && !isDone(job)) throw new FailedError(message);
}

function askDryRun({ path, request }: Work, { client }: Context) {
  return client.json(dryRunSchema, path, { ...request, query: { ...request.query, dryRun: 'true' } });
}

async function start({ path, request }: Work, key: Record<string, string>, { client, signal }: Context): Promise<Job> {
  try {
    return await client.json(jobSchema, path, { ...request, headers: { ...request.headers, ...key } });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new InterruptedError('Interrupted before the app answered: devices may have been tagged, or a job begun.');
  }
}

async function watchUnlessStopped(job: Job, context: Context): Promise<Job> {
  try {
    return await watchJob(job, context);
  } catch (error) {
    if (!context.signal.aborted) throw error;
    throw new InterruptedError(`Job ${job.jobId} goes on: npm run fleet -- job ${job.jobId} [--follow | --cancel]`);
  }
}

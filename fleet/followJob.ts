import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/mini';
import type { Context } from './command';
import { Progress } from './progress';
import { formatTable } from './table';
import { columnsOf } from './terminal';

const failureSchema = z.object({ deviceId: z.string(), status: z.int(), detail: z.optional(z.string()) });

/** A tag job, as far as the command line shows it. */
export const jobSchema = z.looseObject({
  jobId: z.string(),
  engine: z.string(),
  state: z.string(),
  counts: z.object({ total: z.int(), succeeded: z.int(), failed: z.int(), pending: z.int() }),
  expectedSeconds: z.number(),
  detail: z.optional(z.string()),
  failures: z.array(failureSchema),
  continuation: z.optional(z.string()),
  results: z.optional(z.array(failureSchema)),
  ignoredColumns: z.optional(z.array(z.string())),
});

export type Job = z.infer<typeof jobSchema>;

export type Failure = z.infer<typeof failureSchema>;

const shownFailures = 20;
const minPollMs = 250;
const maxPollMs = 5000;

/** Whether a job is over. */
export function isOver({ state }: Job): boolean {
  return state !== 'queued' && state !== 'running';
}

/** Asks for a job, more slowly the longer it takes, until it is over. */
export async function followJob(job: Job, { client, signal }: Context, onStep: (job: Job) => void): Promise<Job> {
  let known = job;
  for (let wait = minPollMs; !isOver(known); wait = Math.min(maxPollMs, wait * 1.3)) {
    onStep(known);
    await sleep(wait, undefined, { signal });
    known = await client.json(jobSchema, `api/tagJobs/${known.jobId}`, { query: { limit: '1' } });
  }
  onStep(known);
  return known;
}

/** Follows a job with a bar. */
export async function watchJob(job: Job, context: Context): Promise<Job> {
  const progress = new Progress(context.stderr, job.counts.total);
  const over = await followJob(job, context, ({ counts, state }) =>
    progress.show(counts.succeeded + counts.failed, `${state}${counts.failed ? `, ${counts.failed} failed` : ''}`),
  );
  progress.clear();
  return over;
}

/** The devices that were not tagged, page by page. */
export async function* failuresOf(job: Job, { client }: Context): AsyncGenerator<Failure> {
  if (job.counts.failed === 0) return;
  if (job.results) {
    yield* job.results.filter(({ status }) => status !== 200);
    return;
  }
  let continuation: string | undefined;
  do {
    const page = await client.json(jobSchema, `api/tagJobs/${job.jobId}`, { query: { limit: '100', continuation } });
    yield* page.failures;
    continuation = page.continuation;
  } while (continuation !== undefined);
}

/** A job in words, with its first failures. */
export async function describeJob(job: Job, context: Context): Promise<string> {
  const { jobId, engine, state, counts, detail, ignoredColumns } = job;
  const rows: string[][] = [];
  for await (const { deviceId, status, detail: why } of failuresOf(job, context)) {
    if (rows.length === shownFailures) break;
    rows.push([deviceId, String(status), why ?? '']);
  }
  const columns = columnsOf(context.stdout);
  const pairs = [['engine', engine], ['state', state], ...Object.entries(counts)];
  const more = counts.failed > rows.length ? `… and ${counts.failed - rows.length} more, which --json lists.\n` : '';
  return [
    formatTable(
      ['job', ...pairs.map(([name]) => String(name))],
      [[jobId, ...pairs.map(([, value]) => value)]],
      columns,
    ),
    detail ? `${detail}\n` : '',
    ignoredColumns?.length ? `Passed over: ${ignoredColumns.join(', ')}\n` : '',
    rows.length > 0 ? `\n${formatTable(['failed device', 'status', 'why'], rows, columns)}${more}` : '',
  ].join('');
}

/** Whether every device was tagged. */
export function isDone({ state, counts }: Job): boolean {
  return state === 'completed' && counts.failed === 0 && counts.pending === 0;
}

import { unwrapContinuation, wrapContinuation } from '../conditions/continuation';
import { workThrough } from '../workThrough';
import { summarizeJob } from './describeJob';
import { summarizeHubJob } from './hubJob';
import type { JobMeans } from './jobMeans';
import type { JobSummary } from './tagJob';
import type { Entry, TagJobStore } from './tagJobStore';

/** Which jobs to list. */
export interface AskedJobs {
  state?: JobSummary['state'] | undefined;
  limit: number;
  /** Of the page before. */
  continuation?: string | undefined;
}

/** A page of jobs, newest first. It may be short, even empty, where there is a continuation. */
export interface JobPage {
  jobs: JobSummary[];
  continuation?: string;
}

/** Most jobs that one request reads: no list tells in which state a job is. */
const mostRead = 100;

/** Jobs that are read at a time. */
const atATime = 16;

/** Lists jobs, as each of them stands. */
export async function listJobs(means: JobMeans, { state, limit, continuation }: AskedJobs): Promise<JobPage> {
  const store = means.needStore();
  const paged = { query: `jobs ${state}`, pageSize: limit };
  const after = continuation === undefined ? undefined : unwrapContinuation(paged, continuation);
  const { entries, isMore } = await store.listEntries(state === undefined ? limit : mostRead, after);
  const told = await tellOfAll(entries, store, means);
  const fitting = told.filter(({ job }) => job && (state === undefined || job.state === state));
  const shown = fitting.slice(0, limit);
  const last = fitting.length > limit ? shown.at(-1)?.place : isMore ? entries.at(-1)?.place : undefined;
  return {
    jobs: shown.flatMap(({ job }) => job ?? []),
    ...(last === undefined ? {} : { continuation: wrapContinuation(paged, last) }),
  };
}

interface Told extends Entry {
  /** Undefined where there is none: its request failed, it is too old, or it was entered again. */
  job?: JobSummary | undefined;
}

async function tellOfAll(entries: readonly Entry[], store: TagJobStore, means: JobMeans): Promise<Told[]> {
  const told: Told[] = [...entries];
  await workThrough(entries.entries(), atATime, async ([index, entry]) => {
    told[index] = { ...entry, job: await tellOfOne(entry, store, means) };
    return 'goOn';
  });
  return told;
}

async function tellOfOne(entry: Entry, store: TagJobStore, means: JobMeans): Promise<JobSummary | undefined> {
  const stored = await store.read(entry.jobId);
  if (stored?.job.createdAt !== entry.createdAt) return undefined;
  return stored.job.engine === 'hubJob' ? summarizeHubJob(stored.job, means) : summarizeJob(stored, store);
}

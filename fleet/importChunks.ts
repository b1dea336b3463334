import { createHash } from 'node:crypto';
import { visible } from '../src/visible';
import { type Chunk, readChunks, type Sheet } from './chunks';
import { ApiError } from './client';
import type { Context } from './command';
import { FailedError, InterruptedError } from './errors';
import { failuresOf, followJob, type Job, jobSchema } from './followJob';
import type { ImportState } from './importState';
import { Progress } from './progress';
import { hasNoTag, sendChunk } from './sendChunk';
import type { StateFile } from './stateFile';
import { write } from './terminal';

/** What is imported, and how. */
export interface Source extends Sheet {
  /** Where the state is kept, so that the same command can go on from it. */
  kept: StateFile<ImportState>;
  /** Whether there is a file to go on with: what came on standard input is gone. */
  canGoOn: boolean;
  undoable: 'false' | undefined;
  reason: string | undefined;
  /** Whether the app takes idempotency keys. */
  hasKeys: boolean;
}

/** Tags the devices of a file, chunk by chunk; answers the state when all of it is done. */
export async function importChunks(source: Source, begun: ImportState, context: Context): Promise<ImportState> {
  const { kept } = source;
  let state = begun;
  const progress = new Progress(context.stderr, state.total, state.succeeded + state.failed);
  const from = { offset: state.offset, line: state.line };
  try {
    for await (const chunk of readChunks(source, from, state.chunk)) {
      const tagged = await tagChunk(chunk, source, state, progress, context);
      const succeeded = state.succeeded + tagged;
      const failed = state.failed + chunk.devices - tagged;
      state = { ...state, succeeded, failed, offset: chunk.end, line: chunk.nextLine, attempt: 0 };
      await kept.write(state);
      context.signal.throwIfAborted();
    }
    return state;
  } catch (error) {
    progress.clear();
    throw resumable(error, state, source, context);
  }
}

/** How many of a chunk's devices have their tags. */
async function tagChunk(
  chunk: Chunk,
  source: Source,
  state: ImportState,
  progress: Progress,
  context: Context,
): Promise<number> {
  const done = state.succeeded + state.failed;
  const started = await postChunk(chunk, source, state, context);
  // They have none to be given.
  if (!started) return chunk.devices;
  if (started.ignoredColumns?.length && state.offset === 0) {
    context.say(`Passed over: ${visible(started.ignoredColumns.join(', '))}`);
  }
  const job = await followJob(started, context, ({ counts, jobId }) =>
    progress.show(done + counts.succeeded + counts.failed, `job ${jobId}`),
  );
  progress.clear();
  if (job.state !== 'completed') {
    await source.kept.write({ ...state, attempt: state.attempt + 1 });
    throw new FailedError(`Job ${job.jobId} has ${job.state}${job.detail ? `: ${visible(job.detail)}` : '.'}`);
  }
  await printFailures(job, started, chunk, context);
  return job.counts.succeeded;
}

/** Repeated, it is told of the same job. Undefined where no device of the chunk has a tag. */
async function postChunk(
  chunk: Chunk,
  { format, undoable, reason, hasKeys }: Source,
  { importId, attempt, offset, engine }: ImportState,
  { client }: Context,
): Promise<Job | undefined> {
  const hash = createHash('sha256').update(`${importId} ${attempt} ${offset} `).update(chunk.bytes);
  const key = hasKeys ? hash.digest('hex') : undefined;
  try {
    return await sendChunk(jobSchema, chunk, { format, engine, undoable, reason, key }, client);
  } catch (error) {
    if (hasNoTag(error)) return undefined;
    throw error;
  }
}

function resumable(
  error: unknown,
  { line, succeeded, failed }: ImportState,
  { canGoOn }: Source,
  { signal }: Context,
): unknown {
  const onward = canGoOn
    ? `the same command goes on at line ${line}`
    : `begin anew: to tag a device twice does no harm`;
  const way = `${succeeded + failed} devices are done; ${onward}.`;
  if (signal.aborted) return new InterruptedError(`Interrupted. A job that was begun goes on by itself. ${way}`);
  const isBadFile = error instanceof ApiError && error.status === 400;
  if (isBadFile) return new FailedError(`${error.message}\nCorrect the file and begin anew with --restart.`);
  return error instanceof FailedError ? new FailedError(`${error.message}\n${way}`) : error;
}

async function printFailures(job: Job, started: Job, chunk: Chunk, context: Context): Promise<void> {
  // The answer to a job that was done at once has every outcome.
  const source = started.results ? started : job;
  let lines: Map<string, number> | undefined;
  for await (const { deviceId, status, detail } of failuresOf(source, context)) {
    lines ??= chunk.linesOfDevices();
    const line = lines.get(deviceId);
    const told = context.json
      ? JSON.stringify({ line, deviceId, status, detail })
      : `Line ${line ?? '?'}: ${visible(deviceId)}: ${status} ${visible(detail ?? '')}`;
    await write(context.stdout, `${told}\n`);
  }
}

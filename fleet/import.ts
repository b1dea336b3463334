import { createHash, randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import * as z from 'zod/mini';
import { type Chunk, countRecords, readChunks } from './chunks';
import { ApiError } from './client';
import { type Command, type Context, type Given, hubHelp, hubOptions } from './command';
import { FailedError, InterruptedError, UsageError } from './errors';
import { describeHub, formatDuration, secondsToTag } from './expectedTime';
import { failuresOf, followJob, type Job, jobSchema } from './followJob';
import { contentTypeOf, type Format, formatOf } from './format';
import { Progress } from './progress';
import { StateFile } from './stateFile';
import { printable, write } from './terminal';

const defaultDevices = 10_000;
const maxDevices = 100_000;

const stateSchema = z.object({
  /** Part of the idempotency keys: the same file imported another day is another import. */
  importId: z.string(),
  /** The app that has the jobs. */
  url: z.string(),
  /** Tells whether the file is still the one that was begun. */
  size: z.int(),
  modified: z.number(),
  /** The chunks are cut the same way again. */
  chunk: z.int(),
  engine: z.optional(z.string()),
  total: z.int(),
  /** What is done, and the line that follows. */
  offset: z.int(),
  line: z.int(),
  /** Counts up when a chunk's job failed as a whole: it is begun anew. */
  attempt: z.int(),
  succeeded: z.int(),
  failed: z.int(),
});

type State = z.infer<typeof stateSchema>;

/** Tags the devices of a file, chunk by chunk, each a tag job. */
export const importTags: Command = {
  summary: 'tags the devices of a file, CSV or NDJSON; resumes where it was cut',
  help: `npm run fleet -- import FILE [options]

FILE ends in .csv or .ndjson, as docs/tagging.md describes them; what export wrote can be imported as it is.
Where it was cut, the same command goes on. Devices that were not tagged are told by their lines.

  --format csv|ndjson    where the file's name does not tell
  --engine NAME          direct or queue; chosen by size unless told otherwise
  --chunk N              devices of a job; ${defaultDevices} unless told otherwise, ${maxDevices} at most
  --dry-run              reads all of it, tells what is wrong with it, and tags nothing
  --restart              begins anew
${hubHelp}
`,
  options: {
    ...hubOptions,
    format: { type: 'string' },
    engine: { type: 'string' },
    chunk: { type: 'string' },
    'dry-run': { type: 'boolean' },
    restart: { type: 'boolean' },
  },
  async run(given, context) {
    const file = given.only('file');
    const format = formatOf(file, given.text('format'));
    const hub = given.hubSize();
    const kept = new StateFile(`${file}.import`, stateSchema);
    const dryRun = given.flag('dry-run');
    await refuseHalf(file);
    const state = await beginning(file, format, kept, given, context.client.origin);
    const done = state.succeeded + state.failed;
    const left = state.total - done;
    const since = done > 0 ? `Going on at line ${state.line}, after ${done} devices. ` : '';
    context.say(
      `${since}${left} devices, ${formatDuration(secondsToTag(left, hub))} at the quota of ${describeHub(hub)}.`,
    );
    if (dryRun) return tryOut(file, format, state, context);
    await kept.write(state);
    await importChunks(file, format, state, kept, context);
    await kept.remove();
    const { total, succeeded, failed } = state;
    if (context.json) await write(context.stdout, `${JSON.stringify({ total, succeeded, failed })}\n`);
    context.say(`${succeeded} of ${total} devices tagged.`);
    if (failed > 0) throw new FailedError(`Not tagged: ${failed}.`);
  },
};

/** @throws FailedError for what an export has not written whole: the devices that it lacks would be missed silently. */
async function refuseHalf(file: string): Promise<void> {
  const rest = await stat(`${file}.resume`).catch(() => undefined);
  if (rest) throw new FailedError(`${file} is an export that was cut: finish it first, or remove ${file}.resume.`);
}

async function beginning(
  file: string,
  format: Format,
  kept: StateFile<State>,
  given: Given,
  url: string,
): Promise<State> {
  const { size, mtimeMs: modified } = await stat(file);
  const engine = given.text('engine');
  const chunk = given.number('chunk', maxDevices);
  const isFresh = given.flag('restart') || given.flag('dry-run');
  const before = isFresh ? undefined : await kept.read();
  if (before) {
    if (before.size !== size || before.modified !== modified) {
      throw new FailedError(`${file} has changed since its import was cut; --restart begins anew.`);
    }
    const isSame =
      url === before.url && (chunk ?? before.chunk) === before.chunk && (engine ?? before.engine) === before.engine;
    if (!isSame)
      throw new UsageError(
        `${kept.path} is of an import with other options, or by another app; --restart begins anew.`,
      );
    return before;
  }
  return {
    importId: randomUUID(),
    url,
    ...{ size, modified, chunk: chunk ?? defaultDevices, engine },
    total: await countRecords(file, format),
    ...{ offset: 0, line: 1, attempt: 0, succeeded: 0, failed: 0 },
  };
}

async function importChunks(
  file: string,
  format: Format,
  state: State,
  kept: StateFile<State>,
  context: Context,
): Promise<void> {
  const progress = new Progress(context.stderr, state.total, state.succeeded + state.failed);
  const from = { offset: state.offset, line: state.line };
  try {
    for await (const chunk of readChunks(file, format, from, state.chunk)) {
      const started = await postChunk(chunk, format, state, context);
      if (started.ignoredColumns?.length && state.offset === 0) {
        context.say(`Passed over: ${printable(started.ignoredColumns.join(', '))}`);
      }
      const done = state.succeeded + state.failed;
      const job = await followJob(started, context, ({ counts, jobId }) =>
        progress.show(done + counts.succeeded + counts.failed, `job ${jobId}`),
      );
      progress.clear();
      if (job.state !== 'completed') {
        await kept.write({ ...state, attempt: state.attempt + 1 });
        throw new FailedError(`Job ${job.jobId} has ${job.state}${job.detail ? `: ${printable(job.detail)}` : '.'}`);
      }
      await printFailures(job, started, chunk, context);
      state.succeeded += job.counts.succeeded;
      state.failed += chunk.devices - job.counts.succeeded;
      Object.assign(state, { offset: chunk.end, line: chunk.nextLine, attempt: 0 });
      await kept.write(state);
      context.signal.throwIfAborted();
    }
  } catch (error) {
    progress.clear();
    throw resumable(error, state, context);
  }
}

function resumable(error: unknown, { line, succeeded, failed }: State, { signal }: Context): unknown {
  const way = `${succeeded + failed} devices are done; the same command goes on at line ${line}.`;
  if (signal.aborted) return new InterruptedError(`Interrupted. A job that was begun goes on by itself. ${way}`);
  const isBadFile = error instanceof ApiError && error.status === 400;
  if (isBadFile) return new FailedError(`${error.message}\nCorrect the file and begin anew with --restart.`);
  return error instanceof FailedError ? new FailedError(`${error.message}\n${way}`) : error;
}

/** Repeated, it is told of the same job. */
async function postChunk(chunk: Chunk, format: Format, state: State, { client }: Context): Promise<Job> {
  const { importId, attempt, offset, engine } = state;
  const key = createHash('sha256').update(`${importId} ${attempt} ${offset} `).update(chunk.text).digest('hex');
  const headers = { 'content-type': contentTypeOf(format), 'idempotency-key': key };
  const request = { method: 'POST' as const, query: { engine }, headers, body: chunk.text };
  return withLinesOf(chunk, () => client.json(jobSchema, 'api/tagJobs', request));
}

/** Tells faults by the lines of the file. */
async function withLinesOf<T>(chunk: Chunk, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof ApiError) || !error.problem.lines?.length) throw error;
    const lines = error.problem.lines.map(({ line, detail }) => ({ line: chunk.lineOf(line), detail }));
    const message = lines.map(({ line, detail }) => `Line ${line}: ${printable(detail)}`).join('\n');
    throw new ApiError(message, error.status, { ...error.problem, lines });
  }
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
      : `Line ${line ?? '?'}: ${printable(deviceId)}: ${status} ${printable(detail ?? '')}`;
    await write(context.stdout, `${told}\n`);
  }
}

/** Every chunk is judged, so that one look tells the faults of all of them. */
async function tryOut(file: string, format: Format, state: State, { client, stdout, signal }: Context): Promise<void> {
  let faulty = 0;
  let devices = 0;
  for await (const chunk of readChunks(file, format, { offset: 0, line: 1 }, state.chunk)) {
    signal.throwIfAborted();
    const headers = { 'content-type': contentTypeOf(format) };
    const query = { engine: state.engine, dryRun: 'true' };
    const request = { method: 'POST' as const, query, headers, body: chunk.text };
    try {
      await withLinesOf(chunk, () => client.send('api/tagJobs', request));
      devices += chunk.devices;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 400) throw error;
      faulty++;
      await write(stdout, `${error.message}\n`);
    }
  }
  if (faulty > 0) throw new FailedError('The file has faults. Nothing was done.');
  await write(stdout, `Nothing was done. ${devices} devices can be tagged.\n`);
}

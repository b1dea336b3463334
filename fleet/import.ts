import { createHash, randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import * as z from 'zod/mini';
import { visible } from '../src/visible';
import { checkFile, countDevices } from './checkFile';
import { type Chunk, readChunks } from './chunks';
import { ApiError } from './client';
import { type Command, type Context, hubHelp, hubOptions } from './command';
import { FailedError, InterruptedError, UsageError } from './errors';
import { describeHub, formatDuration, secondsToTag } from './expectedTime';
import { failuresOf, followJob, type Job, jobSchema } from './followJob';
import { type Format, formatOf } from './format';
import { keepsJobs } from './keepsJobs';
import { Progress } from './progress';
import { sendChunk } from './sendChunk';
import { StateFile } from './stateFile';
import { write } from './terminal';

const defaultDevices = 10_000;
const maxDevices = 100_000;
/** Of an app without tables: what an S1 hub takes within a request. */
const directDevices = 500;

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
All of it is checked before the first device is tagged. Where it was cut, the same command goes on.
Faults, and devices that were not tagged, are told by their lines.

  --format csv|ndjson    where the file's name does not tell
  --engine NAME          direct or queue; chosen by size unless told otherwise
  --chunk N              devices of a job; ${defaultDevices} unless told otherwise, ${maxDevices} at most
  --dry-run              checks the file, and tags nothing
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
    const asked = { chunk: given.number('chunk', maxDevices), engine: given.text('engine') };
    const kept = new StateFile(`${file}.import`, stateSchema);
    const dryRun = given.flag('dry-run');
    const { size, mtimeMs: modified } = await stat(file);
    await refuseHalf(file);
    const now = { url: context.client.address, size, modified, ...asked };
    const before = dryRun || given.flag('restart') ? undefined : await resumed(file, kept, now);
    const hasKeys = await keepsJobs(context);
    const state: State = before ?? {
      ...now,
      importId: randomUUID(),
      total: await countDevices(file, format, context),
      chunk: asked.chunk ?? (hasKeys ? defaultDevices : directDevices),
      ...{ offset: 0, line: 1, attempt: 0, succeeded: 0, failed: 0 },
    };
    const done = state.succeeded + state.failed;
    const since = done > 0 ? `Going on at line ${state.line}, after ${done} devices. ` : '';
    const left = state.total - done;
    context.say(
      `${since}${left} devices, ${formatDuration(secondsToTag(left, hub))} at the quota of ${describeHub(hub)}.`,
    );
    const { chunk, engine } = state;
    if (!before) await checkFile(file, { format, engine, chunk, total: state.total }, context);
    if (dryRun) return tellChecked(state, context);
    await kept.write(state);
    const { total, succeeded, failed } = await importChunks({ file, format, kept, hasKeys }, state, context);
    await kept.remove();
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

type Asked = Pick<State, 'url' | 'size' | 'modified' | 'engine'> & { chunk: number | undefined };

/** What is left of an import that was cut. */
async function resumed(file: string, kept: StateFile<State>, now: Asked): Promise<State | undefined> {
  const before = await kept.read();
  if (!before) return undefined;
  if (before.size !== now.size || before.modified !== now.modified) {
    throw new FailedError(`${file} has changed since its import was cut; --restart begins anew.`);
  }
  const { url, chunk, engine } = before;
  if (url === now.url && (now.chunk ?? chunk) === chunk && (now.engine ?? engine) === engine) return before;
  throw new UsageError(`${kept.path} is of an import with other options, or by another app; --restart begins anew.`);
}

function tellChecked({ total }: State, { json, stdout }: Context): Promise<void> {
  const told = json
    ? JSON.stringify({ dryRun: true, devices: total })
    : `Nothing was done. ${total} devices can be tagged.`;
  return write(stdout, `${told}\n`);
}

/** What is imported, and how. */
interface Source {
  file: string;
  format: Format;
  /** Where the state is kept, so that the same command can go on from it. */
  kept: StateFile<State>;
  /** Whether the app takes idempotency keys. */
  hasKeys: boolean;
}

/** The state when all of the file is done. */
async function importChunks({ file, format, kept, hasKeys }: Source, begun: State, context: Context): Promise<State> {
  let state = begun;
  const progress = new Progress(context.stderr, state.total, state.succeeded + state.failed);
  const from = { offset: state.offset, line: state.line };
  try {
    for await (const chunk of readChunks(file, format, from, state.chunk)) {
      const started = await postChunk(chunk, format, state, hasKeys, context);
      if (started.ignoredColumns?.length && state.offset === 0) {
        context.say(`Passed over: ${visible(started.ignoredColumns.join(', '))}`);
      }
      const done = state.succeeded + state.failed;
      const job = await followJob(started, context, ({ counts, jobId }) =>
        progress.show(done + counts.succeeded + counts.failed, `job ${jobId}`),
      );
      progress.clear();
      if (job.state !== 'completed') {
        await kept.write({ ...state, attempt: state.attempt + 1 });
        throw new FailedError(`Job ${job.jobId} has ${job.state}${job.detail ? `: ${visible(job.detail)}` : '.'}`);
      }
      await printFailures(job, started, chunk, context);
      const succeeded = state.succeeded + job.counts.succeeded;
      const failed = state.failed + chunk.devices - job.counts.succeeded;
      state = { ...state, succeeded, failed, offset: chunk.end, line: chunk.nextLine, attempt: 0 };
      await kept.write(state);
      context.signal.throwIfAborted();
    }
    return state;
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
function postChunk(chunk: Chunk, format: Format, state: State, hasKeys: boolean, { client }: Context): Promise<Job> {
  const { importId, attempt, offset, engine } = state;
  const hash = createHash('sha256').update(`${importId} ${attempt} ${offset} `).update(chunk.bytes);
  return sendChunk(jobSchema, chunk, { format, engine, key: hasKeys ? hash.digest('hex') : undefined }, client);
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

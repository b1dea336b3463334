import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { visible } from '../src/visible';
import type { ApiRequest } from './client';
import { type Command, type Context, filterHelp, filterOptions, type Given } from './command';
import { confirm, confirmHelp, confirmOptions, isTerminal } from './confirm';
import { FailedError, InterruptedError, UsageError } from './errors';
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
});

/** Tags devices by their ids or by a condition, and follows the job. */
export const tag: Command = {
  summary: 'tags devices, by their ids or by a condition',
  help: `npm run fleet -- tag DEVICE… --tags JSON [options]
npm run fleet -- tag --location NAME --set NAME=VALUE [options]

  --set NAME=VALUE       sets a tag; may be given again. NAME and VALUE are as the column and the cell of a CSV
                         (docs/tagging.md): plant=Redmond43 (beside the location), tags.site.floor=3
  --unset NAME           removes a tag; may be given again
  --tags JSON            instead: a merge patch of the tags; null removes one
${filterHelp}
  --engine NAME          direct, queue or hubJob; chosen by size unless told otherwise
  --dry-run              says what would be done
  --no-wait              does not wait for the job's end
  --allow-empty          a condition that no device meets is no failure
  --allow-tags           takes tags that have an object tags; they look like those of a twin
${confirmHelp}
For a file of devices: npm run fleet -- import --help
`,
  options: {
    ...filterOptions,
    ...confirmOptions,
    tags: { type: 'string' },
    set: { type: 'string', multiple: true },
    unset: { type: 'string', multiple: true },
    engine: { type: 'string' },
    'dry-run': { type: 'boolean' },
    'no-wait': { type: 'boolean' },
    'allow-empty': { type: 'boolean' },
    'allow-tags': { type: 'boolean' },
  },
  async run(given, context) {
    const body = bodyOf(given);
    const headers = { 'content-type': 'application/json' };
    const query = given.flag('allow-tags') ? { allow: 'tags' } : {};
    const request = { method: 'POST' as const, query, headers, body: JSON.stringify(body) };
    if (given.flag('dry-run')) return tryOut(request, context);
    if (!given.flag('yes') && isTerminal(context)) await confirm(await count(body, request, context), context);
    const key = (await keepsJobs(context)) ? { 'idempotency-key': randomUUID() } : {};
    const started = await start({ ...request, headers: { ...headers, ...key } }, context);
    if (!isOver(started)) {
      const { jobId, engine, counts, expectedSeconds } = started;
      const time = formatDuration(expectedSeconds);
      context.say(`Job ${jobId}: ${counts.total} devices by ${engine}, ${time} at the hub's quota.`);
    }
    const job = given.flag('no-wait') ? started : await watchUnlessStopped(started, context);
    await printJob(job, context);
    if (job.counts.total === 0 && !given.flag('allow-empty')) throw new FailedError(noDevice);
    if (isOver(job) && !isDone(job)) throw new FailedError('Not every device was tagged.');
  },
};

const noDevice =
  'No device meets that, as the query index has it, and none was tagged; with --allow-empty this is no failure.';

interface Body {
  deviceIds?: readonly string[];
  where?: object;
  filter?: string;
  tags?: object;
  cells?: Record<string, string>;
  engine?: string;
}

function bodyOf(given: Given): Body {
  const deviceIds = given.positionals;
  const condition = conditionOf(given);
  const tags = given.object('tags');
  const cells = cellsOf(given);
  if ((tags === undefined) === (cells === undefined)) {
    throw new UsageError(`Give either --set and --unset, as in --set plant=Redmond43, or --tags.`);
  }
  if (deviceIds.length > 0 === (condition !== undefined))
    throw new UsageError('Give either device ids or a condition.');
  const engine = given.text('engine');
  return {
    ...(condition ?? { deviceIds }),
    ...(tags && { tags }),
    ...(cells && { cells }),
    ...(engine === undefined ? {} : { engine }),
  };
}

/** Columns and cells of what is set and unset; undefined where nothing is. */
function cellsOf(given: Given): Record<string, string> | undefined {
  const set = given.list('set').map((text) => {
    // A name in quotes may hold the sign.
    const [, name, value] = /^((?:"(?:[^"\\]|\\.)*"|[^="])+)=(.+)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined)
      throw new UsageError(`--set takes NAME=VALUE, not '${visible(text)}'.`);
    return [name, value] as const;
  });
  const all = [...set, ...given.list('unset').map((name) => [name, 'null'] as const)];
  const [twice] = all.map(([name]) => name).filter((name, index, names) => names.indexOf(name) < index);
  if (twice !== undefined) throw new UsageError(`'${visible(twice)}' is set or unset twice.`);
  return all.length > 0 ? Object.fromEntries(all) : undefined;
}

/** What of a body chooses devices by a condition; undefined where nothing does. */
function conditionOf(given: Given): Pick<Body, 'where' | 'filter'> | undefined {
  const { location, connectivity, where, filter } = given.filter();
  const short = { ...(location && { location }), ...(connectivity && { connectivity }) };
  const parts = [where && given.object('where'), Object.keys(short).length > 0 && short].filter((each) => each);
  const asJson = parts.length === 2 ? { and: parts } : parts[0];
  if (!asJson && filter === undefined) return undefined;
  return { ...(asJson && { where: asJson }), ...(filter !== undefined && { filter }) };
}

async function start(request: ApiRequest, { client, signal }: Context): Promise<Job> {
  try {
    return await client.json(jobSchema, 'api/tagJobs', request);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new InterruptedError('Interrupted before the app answered: devices may have been tagged, or a job begun.');
  }
}

/** How many devices would be tagged; of a condition as the query index has it. */
async function count({ deviceIds }: Body, request: ApiRequest, context: Context): Promise<number> {
  return deviceIds?.length ?? (await askDryRun(request, context)).devices;
}

function askDryRun(request: ApiRequest, { client }: Context) {
  return client.json(dryRunSchema, 'api/tagJobs', { ...request, query: { ...request.query, dryRun: 'true' } });
}

async function tryOut(request: ApiRequest, context: Context) {
  const { stdout, json } = context;
  const answer = await askDryRun(request, context);
  if (json) return write(stdout, `${JSON.stringify(answer)}\n`);
  const { devices, engine, sample, expectedSeconds } = answer;
  const some = sample.length > 0 ? `: ${visible(sample.join(', '))}${devices > sample.length ? ', …' : ''}` : '';
  const time = formatDuration(expectedSeconds);
  await write(stdout, `Nothing was done. ${devices} devices by ${engine}, ${time} at the hub's quota${some}\n`);
}

async function watchUnlessStopped(job: Job, context: Context): Promise<Job> {
  try {
    return await watchJob(job, context);
  } catch (error) {
    if (!context.signal.aborted) throw error;
    throw new InterruptedError(`Job ${job.jobId} goes on: npm run fleet -- job ${job.jobId} [--follow | --cancel]`);
  }
}

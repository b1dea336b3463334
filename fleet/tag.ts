import { visible } from '../src/visible';
import { carryOut, jobHelp, jobOptions, refuseFailures, tryOut } from './carryOut';
import { type Command, filterHelp, filterOptions, type Given } from './command';
import { FailedError, UsageError } from './errors';

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
  --no-undo              keeps nothing to take it back by: half the messages of the hub's day
  --allow-empty          a condition that no device meets is no failure
  --allow-tags           takes tags that have an object tags; they look like those of a twin
${jobHelp}
For a file of devices: npm run fleet -- import --help
`,
  options: {
    ...filterOptions,
    ...jobOptions,
    tags: { type: 'string' },
    set: { type: 'string', multiple: true },
    unset: { type: 'string', multiple: true },
    engine: { type: 'string' },
    'no-undo': { type: 'boolean' },
    'allow-empty': { type: 'boolean' },
    'allow-tags': { type: 'boolean' },
  },
  async run(given, context) {
    const body = bodyOf(given);
    const headers = { 'content-type': 'application/json' };
    const query = given.flag('allow-tags') ? { allow: 'tags' } : {};
    const request = { method: 'POST' as const, query, headers, body: JSON.stringify(body) };
    const work = { path: 'api/tagJobs', request, devices: body.deviceIds?.length };
    if (given.flag('dry-run')) return tryOut(work, context);
    const job = await carryOut(work, given, context);
    if (job.counts.total === 0 && !given.flag('allow-empty')) throw new FailedError(noDevice);
    refuseFailures(job, 'Not every device was tagged.');
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
  reason?: string;
  undoable?: false;
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
  const reason = given.text('reason');
  return {
    ...(condition ?? { deviceIds }),
    ...(tags && { tags }),
    ...(cells && { cells }),
    ...(engine === undefined ? {} : { engine }),
    ...(reason === undefined ? {} : { reason }),
    ...(given.flag('no-undo') ? { undoable: false } : {}),
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

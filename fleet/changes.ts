import * as z from 'zod/mini';
import { authorOf } from './author';
import type { Command, Context } from './command';
import { formatTable } from './table';
import { columnsOf, write } from './terminal';

const pageSize = 100;

/** How long the app holds a request until something comes, in seconds. */
const waitSeconds = 25;

const place = z.optional(z.nullable(z.object({ location: z.string(), connectivity: z.nullable(z.string()) })));

const changeSchema = z.looseObject({
  time: z.string(),
  type: z.string(),
  deviceId: z.string(),
  version: z.optional(z.int()),
  values: z.optional(z.array(z.object({ path: z.string(), after: z.optional(z.json()) }))),
  from: place,
  to: place,
  by: z.optional(z.string()),
  reason: z.optional(z.string()),
});

const answerSchema = z.object({ changes: z.array(changeSchema), next: z.string() });

type Change = z.infer<typeof changeSchema>;

/** Shows what changed in the fleet, oldest first, and goes on with what comes. */
export const changes: Command = {
  summary: 'shows what changed in the fleet, and follows it',
  help: `npm run fleet -- changes [options]

  --follow               show what comes as it comes, until Ctrl-C
  --after CURSOR         begin there: at the cursor that an earlier run has told, or now
  --limit N              so many changes at most; ${pageSize} unless told otherwise, any number with --follow
  --device ID            of this device
  --location NAME        of devices that are there now
  --path PATH            of the value there, or below it: tags.location
  --type TYPE            DeviceTwins.TwinChanged, DeviceTwins.DeviceCreated, DeviceTwins.DeviceDeleted,
                         DeviceTwins.DeviceConnected, DeviceTwins.DeviceDisconnected or DeviceTwins.DeviceMoved
Oldest first, a line a value: from the oldest that is kept, with --follow from now on.
With --json: one change a line.
`,
  options: {
    follow: { type: 'boolean' },
    after: { type: 'string' },
    limit: { type: 'string' },
    device: { type: 'string' },
    location: { type: 'string' },
    path: { type: 'string' },
    type: { type: 'string' },
  },
  async run(given, context) {
    given.none();
    const follows = given.flag('follow');
    const most = given.number('limit', 1_000_000) ?? (follows ? Number.POSITIVE_INFINITY : pageSize);
    const [device, location, path, type] = ['device', 'location', 'path', 'type'].map((name) => given.text(name));
    const query = { device, location, path, type, ...(follows ? { wait: String(waitSeconds) } : {}) };
    const begin = given.text('after') ?? (follows ? 'now' : undefined);
    let shown = 0;
    let reached: string | undefined;
    try {
      while (shown < most) {
        const limit = String(Math.min(1000, most - shown));
        const after = reached ?? begin;
        const page = await context.client.json(answerSchema, 'api/changes', {
          query: { ...query, limit, after },
        });
        await show(page.changes, shown === 0, context);
        shown += page.changes.length;
        reached = page.next;
        if (!follows && page.changes.length === 0 && reached === after) break;
      }
    } finally {
      if (reached !== undefined) context.say(`Go on with --after ${reached}`);
    }
  },
};

async function show(page: readonly Change[], isFirst: boolean, { stdout, json }: Context): Promise<void> {
  if (page.length === 0) return;
  if (json) return write(stdout, page.map((each) => `${JSON.stringify(each)}\n`).join(''));
  const table = formatTable(
    ['time', 'device', 'version', 'what', 'after', 'by'],
    page.flatMap(rowsOf),
    columnsOf(stdout),
  );
  // As of one table, though its columns become no wider than each page needs.
  await write(stdout, isFirst ? table : table.slice(table.indexOf('\n') + 1));
}

function rowsOf({ time, type, deviceId, version, values = [], from, to, ...author }: Change): unknown[][] {
  const by = authorOf(author);
  const what = type.replace(/^DeviceTwins\.(Device|Twin)/, '').toLowerCase();
  if (type === 'DeviceTwins.DeviceMoved') return [[time, deviceId, version, what, `${told(from)} → ${told(to)}`, by]];
  if (values.length === 0) return [[time, deviceId, version, what, '', by]];
  return values.map(({ path, after }) => [time, deviceId, version, path, after === null ? '(none)' : after, by]);
}

function told(where: z.infer<typeof place>): string {
  if (!where) return '(none)';
  return where.connectivity === null ? where.location : `${where.location} (${where.connectivity})`;
}

import * as z from 'zod/mini';
import { type Command, filterHelp, filterOptions } from './command';
import { UsageError } from './errors';
import { type Field, splitFields } from './fields';
import { formatTable } from './table';
import { columnsOf, write } from './terminal';

const pageSize = 100;

const answerSchema = z.object({
  devices: z.array(z.looseObject({ deviceId: z.string(), location: z.json(), connectivity: z.json() })),
  continuation: z.optional(z.string()),
});

/** Lists devices, a table a page. */
export const query: Command = {
  summary: 'lists devices',
  help: `npm run fleet -- query [options]

${filterHelp}
  --fields PATHS         further properties, separated by commas: tags.site.floor
  --limit N              so many devices at most; ${pageSize} unless told otherwise
  --all                  all of them, page by page
With --json: one device a line.
`,
  options: {
    ...filterOptions,
    fields: { type: 'string' },
    limit: { type: 'string' },
    all: { type: 'boolean' },
  },
  async run(given, { client, stdout, json, say }) {
    given.none();
    const all = given.flag('all');
    const limit = given.number('limit', 1_000_000);
    if (all && limit !== undefined) throw new UsageError('Give --limit or --all, not both.');
    const fields = given.text('fields');
    const shown = splitFields(fields);
    const asked = { ...given.filter(), fields };
    let left = all ? Number.POSITIVE_INFINITY : (limit ?? pageSize);
    let continuation: string | undefined;
    let isEmpty = true;
    // A continuation fits its page size only.
    const size = String(Math.min(pageSize, left));
    do {
      const page = await client.json(answerSchema, 'api/devices', { query: { ...asked, limit: size, continuation } });
      const devices = page.devices.slice(0, left);
      left -= devices.length;
      isEmpty &&= devices.length === 0;
      continuation = page.continuation;
      const rows = devices.map((each) => [
        each.deviceId,
        each.location,
        each.connectivity,
        ...shown.map(valueIn(each)),
      ]);
      if (json) await write(stdout, devices.map((each) => `${JSON.stringify(each)}\n`).join(''));
      else if (rows.length > 0) {
        await write(
          stdout,
          formatTable(
            ['device', 'location', 'connectivity', ...shown.map(({ path }) => path)],
            rows,
            columnsOf(stdout),
          ),
        );
      }
    } while (continuation !== undefined && left > 0);
    if (isEmpty) say('No device meets that, as the query index has it.');
    if (continuation !== undefined) say('There are more: --limit or --all.');
  },
};

function valueIn(device: Readonly<Record<string, unknown>>) {
  return ({ names }: Field): unknown =>
    names.reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, name)
          ? Object.entries(value).find(([each]) => each === name)?.[1]
          : undefined,
      device,
    );
}

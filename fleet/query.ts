import * as z from 'zod/mini';
import { type Command, filterHelp, filterOptions } from './command';
import { type Field, splitFields } from './fields';
import { eachPage, extentOf, extentOptions } from './pages';
import { formatTable } from './table';
import { columnsOf, write } from './terminal';

const pageSize = 100;

const answerSchema = z.object({
  devices: z.array(z.looseObject({ deviceId: z.string(), location: z.json(), connectivity: z.json() })),
  count: z.optional(z.int()),
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
  options: { ...filterOptions, ...extentOptions, fields: { type: 'string' } },
  async run(given, { client, stdout, json, say }) {
    given.none();
    const extent = extentOf(given, pageSize);
    const fields = given.text('fields');
    const shown = splitFields(fields);
    const query = { ...given.filter(), fields };
    let listed = 0;
    const areMore = await eachPage(
      client,
      { path: 'api/devices', query, schema: answerSchema },
      extent,
      ({ devices }) => devices,
      async (devices) => {
        listed += devices.length;
        if (json) return write(stdout, devices.map((each) => `${JSON.stringify(each)}\n`).join(''));
        if (devices.length === 0) return;
        const rows = devices.map((each) => [
          each.deviceId,
          each.location,
          each.connectivity,
          ...shown.map(valueIn(each)),
        ]);
        const header = ['device', 'location', 'connectivity', ...shown.map(({ path }) => path)];
        await write(stdout, formatTable(header, rows, columnsOf(stdout)));
      },
    );
    if (listed === 0) say('No device meets that, as the query index has it.');
    if (!areMore) return;
    const counted = await client.json(answerSchema, 'api/devices', {
      query: { ...given.filter(), limit: '1', count: 'true' },
    });
    say(`There are more: ${listed} of ${counted.count ?? 'all'} are shown; --limit or --all.`);
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

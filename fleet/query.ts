import * as z from 'zod/mini';
import { type Command, filterHelp, filterOptions } from './command';
import { splitFields, valueIn } from './fields';
import { extentOf, extentOptions, showList } from './pages';

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
  async run(given, context) {
    given.none();
    const extent = extentOf(given, pageSize);
    const fields = given.text('fields');
    const columns = splitFields(fields);
    const filter = given.filter();
    const { shown, areMore } = await showList(
      {
        path: 'api/devices',
        query: { ...filter, fields },
        schema: answerSchema,
        itemsOf: ({ devices }) => devices,
        header: ['device', 'location', 'connectivity', ...columns.map(({ path }) => path)],
        rowsOf: (each) => [
          [each.deviceId, each.location, each.connectivity, ...columns.map((column) => valueIn(each, column))],
        ],
      },
      extent,
      context,
    );
    if (shown === 0) context.say('No device meets that, as the query index has it.');
    if (!areMore) return;
    const query = { ...filter, limit: '1', count: 'true' };
    const { count = 'all' } = await context.client.json(answerSchema, 'api/devices', { query });
    context.say(`There are more: ${shown} of ${count} are shown; --limit or --all.`);
  },
};

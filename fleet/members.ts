import * as z from 'zod/mini';
import type { Command } from './command';
import { comparison } from './locations';
import { extentOf, extentOptions, showList } from './pages';

const pageSize = 1000;

const answerSchema = z.object({
  devices: z.array(
    z.looseObject({
      deviceId: z.string(),
      connectivity: z.json(),
      since: z.string(),
      connectionState: z.optional(z.string()),
      connectionStateSince: z.optional(z.string()),
    }),
  ),
  comparedAt: z.nullable(z.string()),
  continuation: z.optional(z.string()),
});

/** Lists the devices of a location, as events told; the hub is not asked. */
export const members: Command = {
  summary: 'lists the devices of a location, as events told',
  help: `npm run fleet -- members LOCATION [options]

  --connectivity NAME    those that are connected so
  --limit N              so many devices at most; ${pageSize} unless told otherwise
  --all                  all of them
With --json: one device a line.
`,
  options: { ...extentOptions, connectivity: { type: 'string' } },
  async run(given, context) {
    const location = given.only('location');
    const { shown, areMore, last } = await showList(
      {
        path: 'api/locations/devices',
        query: { location, connectivity: given.text('connectivity') },
        schema: answerSchema,
        itemsOf: ({ devices }) => devices,
        header: ['device', 'connectivity', 'since', 'connection'],
        rowsOf: ({ deviceId, connectivity, since, connectionState, connectionStateSince }) => [
          [deviceId, connectivity, since, connectionState ? `${connectionState} since ${connectionStateSince}` : ''],
        ],
      },
      extentOf(given, pageSize),
      context,
    );
    if (shown === 0) context.say('No device is there, as events told.');
    context.say(`${comparison(last.comparedAt)}${areMore ? ' There are more: --limit or --all.' : ''}`);
  },
};

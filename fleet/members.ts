import * as z from 'zod/mini';
import type { Command } from './command';
import { comparison } from './locations';
import { eachPage, extentOf, extentOptions } from './pages';
import { formatTable } from './table';
import { columnsOf, write } from './terminal';

const pageSize = 1000;

const answerSchema = z.object({
  devices: z.array(z.looseObject({ deviceId: z.string(), connectivity: z.json(), since: z.string() })),
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
  async run(given, { client, stdout, json, say }) {
    const location = given.only('location');
    const query = { location, connectivity: given.text('connectivity') };
    const extent = extentOf(given, pageSize);
    let listed = 0;
    let comparedAt: string | null = null;
    const areMore = await eachPage(
      client,
      { path: 'api/locations/devices', query, schema: answerSchema },
      extent,
      ({ devices }) => devices,
      async (devices, page) => {
        listed += devices.length;
        comparedAt = page.comparedAt;
        if (json) return write(stdout, devices.map((each) => `${JSON.stringify(each)}\n`).join(''));
        if (devices.length === 0) return;
        const rows = devices.map(({ deviceId, connectivity, since }) => [deviceId, connectivity, since]);
        await write(stdout, formatTable(['device', 'connectivity', 'since'], rows, columnsOf(stdout)));
      },
    );
    if (listed === 0) say('No device is there, as events told.');
    say(`${comparison(comparedAt)}${areMore ? ' There are more: --limit or --all.' : ''}`);
  },
};

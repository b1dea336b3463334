import * as z from 'zod/mini';
import type { Command } from './command';
import { eachPage, extentOf, extentOptions } from './pages';
import { formatTable } from './table';
import { columnsOf, write } from './terminal';

const pageSize = 100;

const answerSchema = z.object({
  changes: z.array(
    z.looseObject({
      time: z.string(),
      type: z.string(),
      version: z.int(),
      values: z.array(z.object({ path: z.string(), before: z.optional(z.json()), after: z.optional(z.json()) })),
    }),
  ),
  continuation: z.optional(z.string()),
});

/** Shows what changed of a device, newest first. */
export const history: Command = {
  summary: 'shows what changed of a device',
  help: `npm run fleet -- history DEVICE [options]

  --limit N              so many changes at most; ${pageSize} unless told otherwise
  --all                  all of them
Newest first, a line a value; "?" where nothing kept tells what it was before.
With --json: one change a line.
`,
  options: extentOptions,
  async run(given, { client, stdout, json, say }) {
    const deviceId = given.only('device id');
    const extent = extentOf(given, pageSize);
    let listed = 0;
    const path = `api/devices/${encodeURIComponent(deviceId)}/changes`;
    const areMore = await eachPage(
      client,
      { path, query: {}, schema: answerSchema },
      extent,
      ({ changes }) => changes,
      async (changes) => {
        listed += changes.length;
        if (json) return write(stdout, changes.map((each) => `${JSON.stringify(each)}\n`).join(''));
        if (changes.length === 0) return;
        const rows = changes.flatMap(({ time, type, version, values }) =>
          values.length === 0
            ? [[time, version, type, '', '', '']]
            : values.map(({ path: name, before, after }) => [
                time,
                version,
                type,
                name,
                shown(before, '?'),
                shown(after),
              ]),
        );
        await write(
          stdout,
          formatTable(['time', 'version', 'type', 'path', 'before', 'after'], rows, columnsOf(stdout)),
        );
      },
    );
    if (listed === 0) say('Nothing kept tells of a change of this device.');
    if (areMore) say('There are more: --limit or --all.');
  },
};

function shown(value: unknown, unknown = ''): unknown {
  if (value === undefined) return unknown;
  return value === null ? '(none)' : value;
}

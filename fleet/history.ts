import * as z from 'zod/mini';
import { authorOf } from './author';
import type { Command } from './command';
import { extentOf, extentOptions, showList } from './pages';

const pageSize = 100;

const answerSchema = z.object({
  changes: z.array(
    z.looseObject({
      time: z.string(),
      type: z.string(),
      version: z.optional(z.int()),
      by: z.optional(z.string()),
      reason: z.optional(z.string()),
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
  async run(given, context) {
    const deviceId = given.only('device id');
    const { shown, areMore } = await showList(
      {
        path: `api/devices/${encodeURIComponent(deviceId)}/changes`,
        query: {},
        schema: answerSchema,
        itemsOf: ({ changes }) => changes,
        header: ['time', 'version', 'type', 'path', 'before', 'after', 'by'],
        rowsOf: ({ time, type, version, values, ...author }) => {
          const by = authorOf(author);
          if (values.length === 0) return [[time, version, type, '', '', '', by]];
          return values.map(({ path, before, after }) => [
            time,
            version,
            type,
            path,
            told(before, '?'),
            told(after),
            by,
          ]);
        },
      },
      extentOf(given, pageSize),
      context,
    );
    if (shown === 0) context.say('Nothing kept tells of a change of this device.');
    if (areMore) context.say('There are more: --limit or --all.');
  },
};

function told(value: unknown, unknown = ''): unknown {
  if (value === undefined) return unknown;
  return value === null ? '(none)' : value;
}

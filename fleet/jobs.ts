import * as z from 'zod/mini';
import { authorOf } from './author';
import type { Command } from './command';
import { extentOf, extentOptions, showList } from './pages';

const pageSize = 100;

const answerSchema = z.object({
  jobs: z.array(
    z.looseObject({
      jobId: z.string(),
      createdAt: z.string(),
      engine: z.string(),
      state: z.string(),
      counts: z.record(z.string(), z.int()),
      by: z.optional(z.string()),
      reason: z.optional(z.string()),
    }),
  ),
  continuation: z.optional(z.string()),
});

/** Lists tag jobs, newest first. */
export const jobs: Command = {
  summary: 'lists the tag jobs, newest first',
  help: `npm run fleet -- jobs [options]

  --state NAME           those that are queued, running, completed, failed or cancelled
  --limit N              so many jobs at most; ${pageSize} unless told otherwise
  --all                  all of the last 30 days
With --json: one job a line.
`,
  options: { ...extentOptions, state: { type: 'string' } },
  async run(given, context) {
    given.none();
    const state = given.text('state');
    const { shown, areMore } = await showList(
      {
        path: 'api/tagJobs',
        query: { state },
        schema: answerSchema,
        itemsOf: (page) => page.jobs,
        header: ['job', 'created', 'engine', 'state', 'total', 'succeeded', 'failed', 'pending', 'by'],
        rowsOf: ({ jobId, createdAt, engine, state, counts, ...author }) => {
          const { total, succeeded, failed, pending } = counts;
          return [[jobId, createdAt, engine, state, total, succeeded, failed, pending, authorOf(author)]];
        },
      },
      extentOf(given, pageSize),
      context,
    );
    if (shown === 0) context.say(`No ${state === undefined ? '' : `${state} `}job in the last 30 days.`);
    if (areMore) context.say('There are more: --limit or --all.');
  },
};

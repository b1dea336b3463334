import * as z from 'zod/mini';
import type { Command } from './command';
import { UsageError } from './errors';
import { formatTable } from './table';
import { columnsOf, write } from './terminal';

const counts = z.array(z.nullable(z.int()));

const answerSchema = z.object({
  step: z.int(),
  times: z.array(z.string()),
  total: counts,
  enabled: counts,
  changes: counts,
  series: z.array(z.object({ location: z.nullable(z.string()), connectivity: z.nullable(z.string()), counts })),
});

/** Shows how counts developed. */
export const trends: Command = {
  summary: 'shows how counts developed',
  help: `npm run fleet -- trends [options]

  --location NAME        also how many devices were there, by their connectivity
  --connectivity NAME    also how many devices were connected so, by their location
  --from TIME, --to TIME as in 2026-01-31T00:00:00Z; the last day unless told otherwise
  --step SECONDS         a line for each; as the counts were kept unless told otherwise
A line a step, oldest first; those in which nothing counted are left out. changes: events since the line before.
With --json: all of it as columns, with the gaps.
`,
  options: {
    location: { type: 'string' },
    connectivity: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    step: { type: 'string' },
  },
  async run(given, { client, stdout, json, say }) {
    given.none();
    const [location, connectivity] = [given.text('location'), given.text('connectivity')];
    const query = {
      ...{ location, connectivity, from: timeOf(given.text('from')), to: timeOf(given.text('to')) },
      step: given.number('step', 31_536_000)?.toString(),
    };
    const answer = await client.json(answerSchema, 'api/trends', { query });
    if (json) return write(stdout, `${JSON.stringify(answer)}\n`);
    const series = location === undefined && connectivity === undefined ? [] : answer.series;
    const columns = [answer.total, answer.enabled, answer.changes, ...series.map((each) => each.counts)];
    const rows = answer.times
      .map((time, step) => [time, ...columns.map((column) => column[step] ?? null)])
      .filter(([, ...cells]) => cells.some((cell) => cell !== null));
    if (rows.length === 0) return say('Nothing was counted in that time.');
    const names = series.map((each) => `${each.location ?? '(others)'} ${each.connectivity ?? '(none)'}`);
    await write(stdout, formatTable(['time', 'total', 'enabled', 'changes', ...names], rows, columnsOf(stdout)));
  },
};

function timeOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new UsageError(`'${text}' is no time, such as 2026-01-31T00:00:00Z.`);
  return new Date(time).toISOString();
}

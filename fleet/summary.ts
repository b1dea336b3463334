import * as z from 'zod/mini';
import { type Command, filterHelp, filterOptions } from './command';
import { formatTable } from './table';
import { columnsOf, write } from './terminal';

const answerSchema = z.looseObject({
  counts: z.array(z.looseObject({ devices: z.int() })),
});

/** Counts devices by location, connectivity, or both. */
export const summary: Command = {
  summary: 'counts devices by location and connectivity',
  help: `npm run fleet -- summary [options]

  --by DIMENSIONS        location (unless told otherwise), connectivity, or location,connectivity
${filterHelp}
`,
  options: { ...filterOptions, by: { type: 'string' } },
  async run(given, { client, stdout, json, say }) {
    given.none();
    const by = given.text('by');
    const answer = await client.json(answerSchema, 'api/summary', { query: { ...given.filter(), by } });
    if (json) return write(stdout, `${JSON.stringify(answer)}\n`);
    const dimensions = (by ?? 'location').split(',');
    const rows = answer.counts.map((count) => [...dimensions.map((name) => count[name] ?? '(none)'), count.devices]);
    await write(stdout, formatTable([...dimensions, 'devices'], rows, columnsOf(stdout)));
    say(`${answer.counts.reduce((total, { devices }) => total + devices, 0)} devices in all.`);
  },
};

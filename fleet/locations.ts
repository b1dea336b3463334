import * as z from 'zod/mini';
import type { Command } from './command';
import { formatTable } from './table';
import { columnsOf, write } from './terminal';

const answerSchema = z.object({
  locations: z.array(z.object({ location: z.string(), devices: z.int(), connectivity: z.record(z.string(), z.int()) })),
  comparedAt: z.nullable(z.string()),
});

/** Counts the devices of each location, as events told; the hub is not asked. */
export const locations: Command = {
  summary: 'counts the devices of each location, as events told',
  help: `npm run fleet -- locations

Does not ask the hub: what events told, usually within a second. "summary" asks the hub's query index.
`,
  options: {},
  async run(given, { client, stdout, json, say }) {
    given.none();
    const answer = await client.json(answerSchema, 'api/locations');
    if (json) return write(stdout, `${JSON.stringify(answer)}\n`);
    const kinds = [...new Set(answer.locations.flatMap(({ connectivity }) => Object.keys(connectivity)))].sort();
    const rows = answer.locations.map(({ location, devices, connectivity }) => [
      location,
      devices,
      ...kinds.map((kind) => connectivity[kind] ?? 0),
    ]);
    if (rows.length === 0) return say('No device has a location, as events told.');
    await write(stdout, formatTable(['location', 'devices', ...kinds], rows, columnsOf(stdout)));
    say(comparison(answer.comparedAt));
  },
};

/** How far members are to be believed. */
export function comparison(comparedAt: string | null): string {
  return comparedAt === null ? 'Not compared with the hub yet.' : `Compared with the hub at ${comparedAt}.`;
}

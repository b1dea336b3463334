import * as z from 'zod/mini';
import type { Command } from './command';
import { formatTable } from './table';
import { columnsOf, write } from './terminal';

const answerSchema = z.object({
  totalDeviceCount: z.int(),
  enabledDeviceCount: z.int(),
  disabledDeviceCount: z.int(),
});

/** Counts what the hub's registry holds. */
export const statistics: Command = {
  summary: 'counts the devices of the registry',
  help: `npm run fleet -- statistics
`,
  options: {},
  async run(given, { client, stdout, json }) {
    given.none();
    const answer = await client.json(answerSchema, 'api/statistics');
    if (json) return write(stdout, `${JSON.stringify(answer)}\n`);
    const { totalDeviceCount: total, enabledDeviceCount: enabled, disabledDeviceCount: disabled } = answer;
    await write(
      stdout,
      formatTable(['devices', 'enabled', 'disabled'], [[total, enabled, disabled]], columnsOf(stdout)),
    );
  },
};

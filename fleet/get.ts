import * as z from 'zod/mini';
import type { Command } from './command';
import { write } from './terminal';

/** Shows a device's twin as it is now. */
export const get: Command = {
  summary: "shows a device's twin",
  help: `npm run fleet -- get DEVICE

The twin as the hub has it now, as JSON.
`,
  options: {},
  async run(given, { client, stdout, json }) {
    const deviceId = given.only('device id');
    const twin = await client.json(z.json(), `api/devices/${encodeURIComponent(deviceId)}`);
    await write(stdout, `${JSON.stringify(twin, undefined, json ? undefined : 2)}\n`);
  },
};

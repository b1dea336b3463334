import { join } from 'node:path';
import { runScript } from './runScript';
import { runSystem } from './system';
import { readSystemOptions } from './systemOptions';

runScript(async () => {
  const options = await readSystemOptions();
  await runSystem(options, (env) => ({
    command: process.execPath,
    args: ['local-host/dist/cli.js', '--port', `${options.port}`, '--state-dir', join(options.stateDir, 'host')],
    env,
    ready: /^Host started/,
  }));
});

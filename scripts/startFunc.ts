import { join } from 'node:path';
import { withEmulatorEnv } from './emulatorEnv';
import { runScript } from './runScript';
import { emulator, nextSteps, type Part, runSystem } from './system';
import { readSystemOptions, type SystemOptions } from './systemOptions';

/** `npm start` with Core Tools as the host, which keeps timers and checkpoints in a storage account. */
runScript(async () => {
  const options = await readSystemOptions();
  await runSystem([() => azurite(options), () => emulator(options), () => coreTools(options)], nextSteps(options));
});

/** On the ports that `UseDevelopmentStorage=true` stands for. */
function azurite({ stateDir }: SystemOptions): Part {
  return {
    name: 'storage',
    command: process.execPath,
    args: ['node_modules/azurite/dist/src/azurite.js', '--location', join(stateDir, 'azurite'), '--disableTelemetry'],
    env: process.env,
    ready: /Table service is successfully listening/,
  };
}

/** Every setting goes through the environment, which wins over local.settings.json. */
function coreTools({ port, stateDir }: SystemOptions): Part {
  const env = withEmulatorEnv(stateDir);
  return {
    name: 'app',
    command: 'func',
    args: ['start', '--port', `${port}`],
    env: {
      ...env,
      FUNCTIONS_WORKER_RUNTIME: 'node',
      AzureWebJobsStorage: 'UseDevelopmentStorage=true',
      // The extensions are .NET: on Linux they take certificates from here, elsewhere from the system's store.
      SSL_CERT_FILE: env.NODE_EXTRA_CA_CERTS,
    },
    ready: /For detailed output, run func with --verbose flag/,
  };
}

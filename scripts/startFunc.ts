import { withEmulatorEnv } from './emulatorEnv';
import { runScript } from './runScript';
import { allStorage, developmentStorage, withStorage } from './storage';
import { emulator, nextSteps, type Part, runSystem } from './system';
import { readSystemOptions, type SystemOptions } from './systemOptions';

/** `npm start` with Core Tools as the host, which keeps timers and checkpoints in a storage account. */
runScript(async () => {
  const options = await readSystemOptions();
  await runSystem([() => [allStorage(options), emulator(options)], () => [coreTools(options)]], nextSteps(options));
});

/** Every setting goes through the environment, which wins over local.settings.json. */
function coreTools({ port, stateDir }: SystemOptions): Part {
  const env = withStorage(withEmulatorEnv(stateDir), { tables: developmentStorage, queues: developmentStorage });
  return {
    name: 'app',
    command: 'func',
    args: ['start', '--port', `${port}`],
    env: {
      ...env,
      FUNCTIONS_WORKER_RUNTIME: 'node',
      AzureWebJobsStorage: developmentStorage,
      // The extensions are .NET: on Linux they take certificates from here, elsewhere from the system's store.
      SSL_CERT_FILE: env.NODE_EXTRA_CA_CERTS,
    },
    ready: /For detailed output, run func with --verbose flag/,
  };
}

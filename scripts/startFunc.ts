import { join } from 'node:path';
import { QueueServiceClient } from '@azure/storage-queue';
import { need, readSettings } from '../src/app/settings';
import { buildIfChanged } from './buildIfChanged';
import { writeCertificateBundle } from './certificateBundle';
import { withEmulatorEnv } from './emulatorEnv';
import { runScript } from './runScript';
import { allStorage, storageConnectionString, withStorage } from './storage';
import { emulator, type Part, runSystem } from './system';
import { readSystemOptions, type SystemOptions } from './systemOptions';

/** `npm start` with Core Tools as the host, which keeps timers and checkpoints in a storage account. */
runScript(async () => {
  const options = await readSystemOptions();
  buildIfChanged();
  await runSystem([() => [allStorage(options), emulator(options)], () => coreTools(options)], options);
});

/** Every setting goes through the environment, which wins over local.settings.json. */
async function coreTools(options: SystemOptions): Promise<Part[]> {
  const storage = storageConnectionString(options);
  const env = withStorage(withEmulatorEnv(options.stateDir), storage);
  await makeQueue(storage, need(readSettings(env).tagJobsQueue));
  return [
    {
      name: 'app',
      command: 'func',
      args: ['start', '--port', `${options.port}`],
      env: {
        ...env,
        FUNCTIONS_WORKER_RUNTIME: 'node',
        AzureWebJobsStorage: storage,
        // The extensions are .NET: on Linux they take certificates from here, elsewhere from the system's store.
        SSL_CERT_FILE: writeCertificateBundle(join(options.stateDir, 'certificates.pem'), env),
      },
      ports: { '--port': options.port },
      ready: /For detailed output, run func with --verbose flag/,
    },
  ];
}

/** The host polls the queue from its start, and logs a failure each time that it is not there. */
async function makeQueue(storage: string, name: string): Promise<void> {
  await QueueServiceClient.fromConnectionString(storage).getQueueClient(name).createIfNotExists();
}

import { join } from 'node:path';
import { readSettings, settingProblems } from '../src/app/settings';
import { describeProblem } from '../src/errors/settingError';
import { buildIfChanged } from './buildIfChanged';
import { withEmulatorEnv } from './emulatorEnv';
import { runScript } from './runScript';
import { queueStorage, queuesConnectionString, tableStorage, tablesConnectionString, withStorage } from './storage';
import { emulator, type Part, runSystem } from './system';
import { readSystemOptions, type SystemOptions } from './systemOptions';

runScript(async () => {
  const options = await readSystemOptions();
  buildIfChanged();
  const first = () => [tableStorage(options), queueStorage(options), emulator(options)];
  await runSystem([first, () => [localHost(options)]], options);
});

/** @throws Error for a bad setting: in Azure the app would run and say so, here nobody has to look for it. */
function localHost({ port, host, tablePort, queuePort, stateDir, auth, verbose }: SystemOptions): Part {
  const storage = withStorage(withEmulatorEnv(stateDir), {
    tables: tablesConnectionString(tablePort),
    queues: queuesConnectionString(queuePort),
  });
  const env = auth === 'sign-in' ? { ...storage, SIGN_IN: 'true', WEBSITE_AUTH_ENABLED: 'True' } : storage;
  const [problem] = settingProblems(readSettings(env));
  if (problem) throw new Error(describeProblem(problem));
  return {
    name: 'app',
    command: process.execPath,
    args: [
      'local-host/dist/cli.js',
      ...['--port', `${port}`, '--state-dir', join(stateDir, 'host'), ...(auth === undefined ? [] : ['--auth', auth])],
      ...(verbose ? [] : ['--quiet']),
      ...(host === undefined ? [] : ['--host', host]),
    ],
    env,
    ports: { '--port': port },
    ready: /^Host started/,
    hides: /^Host started/,
  };
}

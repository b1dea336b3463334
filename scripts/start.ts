import { join } from 'node:path';
import { readSettings, settingProblems } from '../src/app/settings';
import { describeProblem } from '../src/errors/settingError';
import { buildIfChanged } from './buildIfChanged';
import { withEmulatorEnv } from './emulatorEnv';
import { runScript } from './runScript';
import { allStorage, storageConnectionString, withStorage } from './storage';
import { emulator, type Part, runSystem, type StartedPart } from './system';
import { readSystemOptions, type SystemOptions } from './systemOptions';

runScript(async () => {
  const options = await readSystemOptions();
  buildIfChanged();
  await runSystem([() => [storage(options), emulator(options)], () => [localHost(options)]], options);
});

/** Azurite takes the longest to start: the app's host is started meanwhile, and waits for it. Nobody asks for its blobs. */
function storage(options: SystemOptions): StartedPart {
  const { ready: _, ...part } = allStorage({ ...options, blobPort: 0 });
  return part;
}

/** @throws Error for a bad setting: in Azure the app would run and say so, here nobody has to look for it. */
function localHost(options: SystemOptions): Part {
  const { port, host, tablePort, queuePort, stateDir, auth, verbose } = options;
  const settings = withStorage(withEmulatorEnv(stateDir), storageConnectionString(options));
  const env = auth === 'sign-in' ? { ...settings, SIGN_IN: 'true', WEBSITE_AUTH_ENABLED: 'True' } : settings;
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
      ...[tablePort, queuePort].flatMap((each) => ['--wait-for', `127.0.0.1:${each}`]),
    ],
    env,
    ports: { '--port': port },
    ready: /^Host started/,
    hides: /^Host started/,
  };
}

import { join } from 'node:path';
import { describeProblem, readSettings, settingProblems } from '../src/settings';
import { withEmulatorEnv } from './emulatorEnv';
import { runScript } from './runScript';
import { tableStorage, tablesConnectionString, withTables } from './storage';
import { emulator, nextSteps, type Part, runSystem } from './system';
import { readSystemOptions, type SystemOptions } from './systemOptions';

runScript(async () => {
  const options = await readSystemOptions();
  await runSystem([() => [tableStorage(options), emulator(options)], () => [localHost(options)]], nextSteps(options));
});

/** @throws Error for a bad setting: in Azure the app would run and say so, here nobody has to look for it. */
function localHost({ port, tablePort, stateDir }: SystemOptions): Part {
  const env = withTables(withEmulatorEnv(stateDir), tablesConnectionString(tablePort));
  const [problem] = settingProblems(readSettings(env));
  if (problem) throw new Error(describeProblem(problem));
  return {
    name: 'app',
    command: process.execPath,
    args: ['local-host/dist/cli.js', '--port', `${port}`, '--state-dir', join(stateDir, 'host')],
    env,
    ready: /^Host started/,
  };
}

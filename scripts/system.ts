import { withEmulatorEnv } from './emulatorEnv';
import { type Service, startService } from './service';
import type { SystemOptions } from './systemOptions';

/** The device of the tutorial, registered at each start. */
export const tutorialDevice = 'myDeviceId';

/** A Functions host and how it tells that it is ready. */
export interface HostCommand {
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  ready: RegExp;
}

/**
 * Brings up the emulator, then the app on a Functions host, and prints where they listen. Resolves when a signal has
 * stopped all of it.
 *
 * @param hostCommand called with the settings of the running emulator under those of this process.
 * @throws Error when one of the two ends by itself; the other is stopped first.
 */
export async function runSystem(
  options: SystemOptions,
  hostCommand: (env: NodeJS.ProcessEnv) => HostCommand | Promise<HostCommand>,
): Promise<void> {
  const running: Service[] = [];
  const run = async () => {
    const hub = startService('hub', process.execPath, emulatorArguments(options), process.env);
    running.unshift(hub);
    await hub.line(/^ready$/);
    const { command, args, env, ready } = await hostCommand(withEmulatorEnv(options.stateDir));
    const host = startService('app', command, args, env);
    running.unshift(host);
    await host.line(ready);
    console.log(nextSteps(options));
    throw new Error(await Promise.race([hub.ended, host.ended]));
  };
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  try {
    await Promise.race([run(), stopped]);
  } finally {
    // The host first: it still talks to the hub. One may join while we stop the other.
    for (let service = running.shift(); service; service = running.shift()) await service.stop();
  }
}

function emulatorArguments(options: SystemOptions): string[] {
  return [
    'emulator/dist/cli.js',
    ...['--port', `${options.hubPort}`, '--mqtt-port', `${options.mqttPort}`, '--amqp-port', `${options.amqpPort}`],
    ...['--state-dir', options.stateDir, '--device', tutorialDevice, '--simulate', `${options.devices}`],
    ...['--topology', 'infra/topology.json', '--functions-url', `http://localhost:${options.port}`],
    ...(options.dataDir === undefined ? [] : ['--data', options.dataDir]),
  ];
}

function nextSteps({ port, stateDir }: SystemOptions): string {
  const tags = JSON.stringify(JSON.stringify({ location: { region: 'US', plant: 'Redmond43' } }));
  return [
    '',
    `App       http://localhost:${port}`,
    `Settings  ${stateDir}/env`,
    '',
    `Try: curl -X PATCH http://localhost:${port}/api/devices/${tutorialDevice}/tags -H "Content-Type: application/json" -d ${tags}`,
  ].join('\n');
}

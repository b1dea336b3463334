import { join } from 'node:path';
import { type Service, startService } from './service';
import type { SystemOptions } from './systemOptions';

/** The device of the tutorial, registered at each start. */
export const tutorialDevice = 'myDeviceId';

/** A part of the system: a command, and the line by which it tells that it is ready. */
export interface Part {
  name: string;
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  ready: RegExp;
}

/**
 * Brings up the parts, stage after stage, each asked for when its turn comes, and says what to do next. Resolves when a signal has
 * stopped all of it; what was started last is stopped first, for it still talks to the others.
 *
 * @throws Error when a part ends by itself; the others are stopped first.
 */
export async function runSystem(stages: (() => Part[] | Promise<Part[]>)[], nextSteps: string): Promise<void> {
  const running: Service[] = [];
  const run = async () => {
    for (const stage of stages) {
      const started = (await stage()).map(({ name, command, args, env, ready }) => {
        const service = startService(name, command, args, env);
        running.push(service);
        return service.line(ready);
      });
      await Promise.all(started);
    }
    console.log(nextSteps);
    throw new Error(await Promise.race(running.map(({ ended }) => ended)));
  };
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  try {
    await Promise.race([run(), stopped]);
  } finally {
    for (let service = running.pop(); service; service = running.pop()) await service.stop();
  }
}

/** The emulator with the routes, Event Hubs and subscriptions of `infra/topology.json`. */
export function emulator(options: SystemOptions): Part {
  return {
    name: 'hub',
    command: process.execPath,
    args: [
      'emulator/dist/cli.js',
      ...['--port', `${options.hubPort}`, '--mqtt-port', `${options.mqttPort}`, '--amqp-port', `${options.amqpPort}`],
      ...(options.amqpsPort === undefined ? [] : ['--amqps-port', `${options.amqpsPort}`]),
      ...['--state-dir', options.stateDir, '--device', tutorialDevice, '--simulate', `${options.devices}`],
      ...['--dead-letters', join(options.stateDir, 'dead-letters')],
      ...['--topology', 'infra/topology.json', '--functions-url', `http://localhost:${options.port}`],
      ...(options.dataDir === undefined ? [] : ['--data', options.dataDir]),
    ],
    env: process.env,
    ready: /^ready$/,
  };
}

/** What somebody who has just started the system would try. */
export function nextSteps({ port, stateDir }: SystemOptions): string {
  const tags = JSON.stringify(JSON.stringify({ location: { region: 'US', plant: 'Redmond43' } }));
  return [
    '',
    `App       http://localhost:${port}`,
    `Settings  ${stateDir}/env`,
    '',
    `Try: curl -X PATCH http://localhost:${port}/api/devices/${tutorialDevice}/tags -H "Content-Type: application/json" -d ${tags}`,
  ].join('\n');
}

import { join, resolve } from 'node:path';
import { makeFolder, ownerOnly } from './folders';
import { isFree } from './freePort';
import { type Service, type ServiceOptions, startService } from './service';
import type { SystemOptions } from './systemOptions';
import { untilStopped } from './untilStopped';
import { writeLine } from './writeLine';

/** The device of the tutorial, registered at each start. */
export const tutorialDevice = 'myDeviceId';

/** A part of the system: a command, and the line by which it tells that it is ready. */
export interface Part extends ServiceOptions {
  ready: RegExp;
}

/** A part that the next stage does not wait for: who needs it does. */
export type StartedPart = ServiceOptions & Partial<Pick<Part, 'ready'>>;

/**
 * Brings up the parts, stage after stage, each asked for when its turn comes, and says what to do next. Resolves when a signal has
 * stopped all of it; what was started last is stopped first, for it still talks to the others.
 *
 * @throws Error when a part ends by itself; the others are stopped first.
 */
export async function runSystem(
  stages: (() => StartedPart[] | Promise<StartedPart[]>)[],
  { verbose, ...options }: SystemOptions,
): Promise<void> {
  const stopped = untilStopped();
  prepareFolders(options);
  const running: Service[] = [];
  const run = async (end: (reason: Error) => void) => {
    for (const stage of stages) {
      const parts = await stage();
      await refuseTaken(Object.assign({}, ...parts.map(({ ports }) => ports)));
      const started = parts.map(({ ready, hides, ...part }) => {
        const service = startService({ ...part, hides: verbose ? undefined : hides });
        running.push(service);
        void service.ended.then((how) => end(new Error(how)));
        return ready && service.line(ready);
      });
      await Promise.all(started);
    }
    process.stdout.write(nextSteps(options));
  };
  try {
    // From the start on: who waits for a part that has ended would wait for ever.
    await Promise.race([stopped, new Promise<never>((_, end) => void run(end).catch(end))]);
  } finally {
    for (let service = running.pop(); service; service = running.pop()) await service.stop();
  }
}

/** @throws Error that names the option of a port which somebody else has: a part would name its own, or none. */
async function refuseTaken(ports: ServiceOptions['ports']): Promise<void> {
  for (const [option, port] of Object.entries(ports)) {
    if (port === 0 || (await isFree(port))) continue;
    throw new Error(`Port ${port} is taken, maybe by another npm start: choose another one by ${option}.`);
  }
}

/** The folders of parts that look after none themselves: what is in them, and what they write, is ours alone. */
function prepareFolders({ dataDir, stateDir }: Pick<SystemOptions, 'dataDir' | 'stateDir'>): void {
  // The parts take this from us.
  process.umask(0o077);
  for (const folder of [join(stateDir, 'host'), ...(dataDir === undefined ? [] : [join(dataDir, 'storage')])]) {
    makeFolder(folder);
    if (!ownerOnly(folder)) continue;
    writeLine(process.stdout, `${folder} was open to other users of this machine; it is not any more.`);
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
      ...options.live,
      ...(options.connections ? ['--route', 'device-connections'] : []),
      ...['--dead-letters', join(options.stateDir, 'dead-letters')],
      ...['--topology', 'infra/topology.json', '--functions-url', `http://localhost:${options.port}`],
      ...(options.dataDir === undefined ? [] : ['--data', options.dataDir]),
      ...(options.host === undefined ? [] : ['--host', options.host]),
    ],
    env: process.env,
    ports: { '--hub-port': options.hubPort, '--mqtt-port': options.mqttPort, '--amqp-port': options.amqpPort },
    ready: /^ready$/,
    hides: /^(Settings |ready$)/,
  };
}

/** What somebody who has just started the system would try. */
function nextSteps({ port, queuePort, tablePort, stateDir, dataDir, auth }: Omit<SystemOptions, 'verbose'>): string {
  const tags = JSON.stringify(JSON.stringify({ location: { region: 'US', plant: 'Redmond43' } }));
  return [
    '',
    `App       http://localhost:${port}`,
    `Page      http://localhost:${port}/api/page`,
    `Storage   http://127.0.0.1:${tablePort} (tables), http://127.0.0.1:${queuePort} (queues)`,
    `Settings  ${stateDir}/env`,
    ...(dataDir === undefined
      ? []
      : [`Data      ${dataDir}; Azurite saves its part every five seconds: a crash loses what came after`]),
    '',
    `Try: curl -X PATCH http://localhost:${port}/api/devices/${tutorialDevice}/tags -H "Content-Type: application/json"${proofOf(auth, stateDir)} -d ${tags}`,
    '',
  ].join('\n');
}

/** What a caller shows, where callers are told apart. */
function proofOf(auth: string | undefined, stateDir: string): string {
  const keys = resolve(stateDir, 'host/keys.json');
  if (auth === 'keys') return ` -H "x-functions-key: $(node -p "require('${keys}').function")"`;
  return auth === 'sign-in' ? ' -H "Authorization: Bearer operator:Fleet.Read,Fleet.Write"' : '';
}

import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { parseArgs } from 'node:util';
import { defaultStateDir } from './emulatorEnv';

/** What `npm start` and `npm run start:func` take. */
export interface SystemOptions {
  /** Where the Functions host listens, and the doors of the emulator; 0 picks a free port. */
  port: number;
  hubPort: number;
  mqttPort: number;
  amqpPort: number;
  /** Where Queue Storage and Table Storage listen. */
  queuePort: number;
  tablePort: number;
  /** The emulator's CA, keys and `env`, and what the host remembers. */
  stateDir: string;
  /** Where the hub keeps its twins; in memory where absent. */
  dataDir: string | undefined;
  /** Simulated twins registered beside the tutorial's device. */
  devices: number;
}

/** @throws TypeError that says what is wrong with the command line. */
export async function readSystemOptions(args = process.argv.slice(2)): Promise<SystemOptions> {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '7071' },
      'hub-port': { type: 'string', default: '8443' },
      'mqtt-port': { type: 'string', default: '8883' },
      'amqp-port': { type: 'string', default: '5672' },
      'queue-port': { type: 'string', default: '10001' },
      'table-port': { type: 'string', default: '10002' },
      'state-dir': { type: 'string', default: defaultStateDir },
      data: { type: 'string' },
      devices: { type: 'string', default: '0' },
    },
  });
  return {
    port: await settled(count('--port', values.port, 65_535)),
    hubPort: count('--hub-port', values['hub-port'], 65_535),
    mqttPort: count('--mqtt-port', values['mqtt-port'], 65_535),
    amqpPort: count('--amqp-port', values['amqp-port'], 65_535),
    queuePort: await settled(count('--queue-port', values['queue-port'], 65_535)),
    tablePort: await settled(count('--table-port', values['table-port'], 65_535)),
    stateDir: values['state-dir'],
    dataDir: values.data,
    devices: count('--devices', values.devices, 1_000_000),
  };
}

function count(option: string, text: string, most: number): number {
  if (!/^\d+$/.test(text) || Number(text) > most) {
    throw new TypeError(`${option} takes a number from 0 to ${most}, not '${text}'`);
  }
  return Number(text);
}

/** Below those that operating systems hand out by themselves: one that is free stays so until its owner listens. */
const ownRange = { first: 20_000, end: 32_000 };

/** Others must know these ports before their owners start. */
async function settled(port: number): Promise<number> {
  let found = port;
  while (found === 0) {
    const candidate = randomInt(ownRange.first, ownRange.end);
    if (await isFree(candidate)) found = candidate;
  }
  return found;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

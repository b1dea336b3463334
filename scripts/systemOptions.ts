import { readArguments } from './arguments';
import { defaultStateDir } from './emulatorEnv';
import { freePort } from './freePort';

/** What `npm start` and `npm run start:func` take. */
export interface SystemOptions {
  /** Where the Functions host listens, and the doors of the emulator; 0 picks a free port. */
  port: number;
  hubPort: number;
  mqttPort: number;
  amqpPort: number;
  /** Undefined: the usual one, where it is free. */
  amqpsPort: number | undefined;
  /** Where Azure Storage listens; its blobs only with Core Tools, elsewhere on any port. */
  blobPort: number;
  queuePort: number;
  tablePort: number;
  /** The emulator's CA, keys and `env`, and what the host remembers. */
  stateDir: string;
  /** A name by which hub and app may be called, beside localhost. */
  host: string | undefined;
  /** Where the hub keeps its twins, and Azure Storage what is told of them; in memory where absent. */
  dataDir: string | undefined;
  /** Simulated twins registered beside the tutorial's device. */
  devices: number;
  /** How callers are told apart: see the local host. */
  auth: string | undefined;
  /** Options of the emulator by which these live; none where they stay as they are. */
  live: string[];
  /** Whether connections are routed too. */
  connections: boolean;
  /** Whether every line of every part is shown. */
  verbose: boolean;
}

const help = `Starts the hub's emulator, Azurite and the app.

  npm start -- [options]

  --devices N        simulated twins beside the tutorial's device (0)
  --live             these connect, report, move and go silent
  --live-rate N      changes a second, of all of them together (5)
  --seed N           makes what they do, by chance, otherwise (1)
  --connections      who connects and disconnects is followed too
  --data DIR         keeps twins there, and what is stored of them; in memory unless given
  --state-dir DIR    the emulator's keys, and env with ready-made settings (${defaultStateDir})
  --host NAME        in the hub's certificate and connection strings, and that requests may carry (localhost)
  --port N           the app (7071)
  --hub-port N       the hub's service API (8443)
  --mqtt-port N      the hub's devices (8883)
  --amqp-port N      the hub's Event Hubs (5672)
  --queue-port N     Azurite's queues (10001)
  --table-port N     Azurite's tables (10002)
  --blob-port N      Azurite's blobs, with npm run start:func (10000)
                     A port of 0 is a free one.
  --auth MODE        keys, or sign-in with made-up principals: what Azure asks for (neither)
  --verbose          shows every line of every part
`;

/** @throws Error that says what is wrong with the command line. */
export async function readSystemOptions(args = process.argv.slice(2)): Promise<SystemOptions> {
  const usage = { command: 'npm start', help };
  const { values } = readArguments(usage, {
    args,
    options: {
      port: { type: 'string', default: '7071' },
      'hub-port': { type: 'string', default: '8443' },
      'mqtt-port': { type: 'string', default: '8883' },
      'amqp-port': { type: 'string', default: '5672' },
      'amqps-port': { type: 'string' },
      'blob-port': { type: 'string', default: '10000' },
      'queue-port': { type: 'string', default: '10001' },
      'table-port': { type: 'string', default: '10002' },
      'state-dir': { type: 'string', default: defaultStateDir },
      data: { type: 'string' },
      host: { type: 'string' },
      devices: { type: 'string', default: '0' },
      auth: { type: 'string' },
      live: { type: 'boolean', default: false },
      connections: { type: 'boolean', default: false },
      'live-rate': { type: 'string' },
      seed: { type: 'string' },
      verbose: { type: 'boolean', default: false },
    },
  });
  return {
    port: await settled(count('--port', values.port, 65_535)),
    hubPort: count('--hub-port', values['hub-port'], 65_535),
    mqttPort: count('--mqtt-port', values['mqtt-port'], 65_535),
    amqpPort: count('--amqp-port', values['amqp-port'], 65_535),
    amqpsPort: values['amqps-port'] === undefined ? undefined : count('--amqps-port', values['amqps-port'], 65_535),
    blobPort: await settled(count('--blob-port', values['blob-port'], 65_535)),
    queuePort: await settled(count('--queue-port', values['queue-port'], 65_535)),
    tablePort: await settled(count('--table-port', values['table-port'], 65_535)),
    stateDir: values['state-dir'],
    dataDir: values.data,
    host: values.host,
    devices: count('--devices', values.devices, 1_000_000),
    auth: values.auth,
    live: liveOptions(values),
    connections: values.connections,
    verbose: values.verbose,
  };
}

/** As the emulator takes them, which says what is wrong with them. */
function liveOptions({ live, ...more }: { live: boolean; 'live-rate'?: string; seed?: string }): string[] {
  const given = (['live-rate', 'seed'] as const).flatMap((name) => {
    const value = more[name];
    return value === undefined ? [] : [`--${name}`, value];
  });
  return [...(live ? ['--live'] : []), ...given];
}

function count(option: string, text: string, most: number): number {
  if (!/^\d+$/.test(text) || Number(text) > most) {
    throw new Error(`${option} takes a number from 0 to ${most}, not '${text}'.`);
  }
  return Number(text);
}

/** Others must know these ports before their owners start. */
async function settled(port: number): Promise<number> {
  return port === 0 ? freePort() : port;
}

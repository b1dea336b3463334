import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type IotHub, startIotHub } from 'iot-hub-emulator';
import topology from '../infra/topology.json';
import { tableStorage, tablesConnectionString } from '../scripts/storage';
import { readSystemOptions } from '../scripts/systemOptions';

/** The system with its parts in reach: the hub in this process, tables and host in their own. */
export interface LocalSystem {
  hub: IotHub;
  url: string;
  /** Of its tables, where it has some. */
  connectionString: string | undefined;
  /** Emits `line` with each line of the host, and the moment when it came. */
  host: EventEmitter<{ line: [text: string, at: number] }>;
  /** The host's process. */
  hostPid: number;
  stop(): Promise<void>;
}

export interface LocalSystemOptions {
  /** Whether the app keeps anything. */
  hasTables: boolean;
  devices?: string[];
  simulated?: number;
}

/** Starts the built system on free ports. */
export async function startLocalSystem({
  hasTables,
  devices = [],
  simulated = 0,
}: LocalSystemOptions): Promise<LocalSystem> {
  const stateDir = await mkdtemp(join(tmpdir(), 'bench-'));
  const options = await readSystemOptions(['--port', '0', '--table-port', '0', '--state-dir', stateDir]);
  const url = `http://localhost:${options.port}`;
  const hub = await startIotHub({
    ...{ port: 0, mqttPort: 0, amqpPort: 0, stateDir, devices, simulated },
    topology: topology,
    functionsUrl: url,
  });
  const { command, args, ready } = tableStorage(options);
  const tables = hasTables ? await startChild(command, args, process.env, ready) : undefined;
  const connectionString = tables && tablesConnectionString(options.tablePort);
  const env = {
    ...process.env,
    ...hub.env,
    // Nothing runs but what is measured.
    TWIN_QUERY_SCHEDULE: '0 0 0 29 2 *',
    ...(connectionString ? { TWIN_TABLES_CONNECTION_STRING: connectionString } : {}),
  };
  const hostArgs = ['local-host/dist/cli.js', '--port', `${options.port}`, '--state-dir', stateDir];
  const host = await startChild(process.execPath, hostArgs, env, /^Host started/);
  return {
    hub,
    url,
    connectionString,
    host: host.lines,
    hostPid: host.pid,
    async stop() {
      await host.stop();
      await hub.stop();
      await tables?.stop();
      await rm(stateDir, { recursive: true });
    },
  };
}

/** A process, its lines, and how to end it; resolves when it says that it is ready. */
export async function startChild(command: string, args: string[], env: NodeJS.ProcessEnv, ready: RegExp) {
  const child: ChildProcess = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: LocalSystem['host'] = new EventEmitter();
  const isReady = new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => ready.test(line) && resolve());
    child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}`)));
  });
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => lines.emit('line', line, performance.now()));
  }
  await isReady;
  return {
    lines,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** Resolves when so many lines have come that match. */
export function linesThat(pattern: RegExp, count: number, lines: LocalSystem['host']): Promise<void> {
  return new Promise((resolve) => {
    let left = count;
    const listen = (line: string) => {
      if (!pattern.test(line) || --left > 0) return;
      lines.off('line', listen);
      resolve();
    };
    lines.on('line', listen);
  });
}

import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { queueStorage, queuesConnectionString, tableStorage, tablesConnectionString } from '../../scripts/storage';
import type { Part } from '../../scripts/system';
import { readSystemOptions } from '../../scripts/systemOptions';
import type { Sku } from '../../src/azure/hub/quotas';
import { type EmulatorProcess, startEmulatorProcess } from '../emulator/process';
import { startChild } from '../localSystem';

/** A hub, an app and its storage, each in a process of its own. */
export interface FleetSystem {
  emulator: EmulatorProcess;
  /** Of each instance of the app; they share hub, tables and queue. */
  urls: string[];
  /** Of each instance. */
  pids: number[];
  /** The connection string of the tables. */
  tables: string;
  /** Requests that the hub has served so far, by the operation that the admin door calls them. */
  served(): Promise<Readonly<Record<string, Counts>>>;
  stop(): Promise<void>;
}

export interface Counts {
  served: number;
  delayed: number;
  refused: number;
  /** By how many seconds of the quota the hub has served more than was earned. */
  aheadSeconds: number;
}

export interface FleetOptions {
  simulated: number;
  sku: Sku;
  units: number;
  instances?: number;
  /** More for the emulator. */
  args?: string[];
  /** More for the app. */
  env?: NodeJS.ProcessEnv;
  /** Folder of the app. */
  scriptRoot?: string;
  /** Puts something before the hub; answers the port to which the app turns instead. */
  hubPort?: (port: number) => Promise<number>;
  /** For Node that runs it. */
  nodeArgs?: string[];
}

/** The largest edition: its bursts are more than a laptop gets through, while its hub counts what it serves. */
export const unhindered = { sku: 'S3', units: 10 } as const;

/** Starts the built parts. Changes of twins go nowhere, and no timer runs: nothing but what is measured. */
export async function startFleet(options: FleetOptions): Promise<FleetSystem> {
  const { simulated, sku, units, instances = 1, args = [], scriptRoot = '.', nodeArgs = [] } = options;
  const edition = ['--sku', sku, '--units', `${units}`];
  const emulator = await startEmulatorProcess(['--simulate', `${simulated}`, ...edition, ...args]);
  const hubPort = (await options.hubPort?.(emulator.httpsPort)) ?? emulator.httpsPort;
  const storage = await readSystemOptions(['--table-port', '0', '--queue-port', '0']);
  const parts = await Promise.all([tableStorage(storage), queueStorage(storage)].map(startPart));
  const stateDir = await mkdtemp(join(tmpdir(), 'bench-'));
  const env = {
    ...process.env,
    ...emulator.env,
    IOTHUB_CONNECTION_STRING: emulator.env.IOTHUB_CONNECTION_STRING?.replace(/:\d+/, `:${hubPort}`),
    TWIN_TABLES_CONNECTION_STRING: tablesConnectionString(storage.tablePort),
    TagJobs: queuesConnectionString(storage.queuePort),
    IOTHUB_SKU: sku,
    IOTHUB_UNITS: `${units}`,
    TWIN_QUERY_SCHEDULE: '0 0 0 29 2 *',
    // Nobody connects to these.
    'AzureWebJobs.relayTwinChanges.Disabled': 'true',
    TwinChanges: 'Endpoint=sb://localhost;SharedAccessKeyName=none;SharedAccessKey=bm9uZQ==',
    TwinChangesTopic__topicEndpointUri: 'https://localhost/api/events',
    ...options.env,
  };
  const hosts = await Promise.all(
    Array.from({ length: instances }, async (_, n) => {
      const { port } = await readSystemOptions(['--port', '0', '--table-port', '1', '--queue-port', '1']);
      const state = ['--state-dir', join(stateDir, `${n}`), '--script-root', scriptRoot];
      const hostArgs = [...nodeArgs, 'local-host/dist/cli.js', '--port', `${port}`, ...state];
      const host = await startChild(process.execPath, hostArgs, env, /^Host started/);
      return { ...host, url: `http://localhost:${port}` };
    }),
  );
  return {
    emulator,
    urls: hosts.map(({ url }) => url),
    pids: hosts.map(({ pid }) => pid),
    tables: tablesConnectionString(storage.tablePort),
    served: () => readCounts(emulator),
    async stop() {
      await Promise.all(hosts.map((host) => host.stop()));
      await Promise.all([emulator.stop(), ...parts.map((part) => part.stop())]);
      await rm(stateDir, { recursive: true });
    },
  };
}

function startPart({ command, args, env, ready }: Part) {
  return startChild(command, args, env, ready);
}

/** Has the hub answer everything so much later, as one does that is not on the same machine. */
export async function delayAnswers(emulator: EmulatorProcess, ms: number): Promise<void> {
  await askAdmin(emulator, 'DELETE', '/admin/faults');
  if (ms > 0) await askAdmin(emulator, 'POST', '/admin/faults', { count: 1_000_000, fault: { kind: 'delay', ms } });
}

async function readCounts(emulator: EmulatorProcess): Promise<Record<string, Counts>> {
  const kinds = JSON.parse(await askAdmin(emulator, 'GET', '/admin/throttling')) as (Counts & { kind: string })[];
  return Object.fromEntries(kinds.map(({ kind, ...counts }) => [kind, counts]));
}

/** Requests that the hub served in all between two counts. */
export function requestsBetween(before: Record<string, Counts>, after: Record<string, Counts>): number {
  return Object.entries(after).reduce((sum, [kind, { served }]) => sum + served - (before[kind]?.served ?? 0), 0);
}

function askAdmin({ httpsPort: port, ca }: EmulatorProcess, method: string, path: string, body?: object) {
  return new Promise<string>((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const asked = request({ port, ca, path, method, agent: false, ...(body ? { headers } : {}) }, async (reply) => {
      const text = Buffer.concat(await reply.toArray()).toString();
      if (Math.floor((reply.statusCode ?? 0) / 100) === 2) resolve(text);
      else reject(new Error(`${method} ${path}: ${reply.statusCode} ${text}`));
    });
    asked.on('error', reject).end(body && JSON.stringify(body));
  });
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableStorage, tablesConnectionString } from '../scripts/storage';
import { readSystemOptions } from '../scripts/systemOptions';
import { compared } from './compared';
import { rawConnections, updatesOf } from './emulator/keepAlive';
import { startEmulatorProcess } from './emulator/process';
import type { Contender } from './inTurn';
import { linesThat, startChild } from './localSystem';
import type { Row } from './row';

/** Of a slice, made as fast as the hub takes them. */
const changesOfASlice = 300;
const devices = 500;
const reacted = /Executed 'Functions\.onTwinChange' \(Succeeded/;

/** A system, each part in a process of its own. */
interface System {
  pids: { emulator: number; host: number; tables: number[] };
  makeChanges(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * What a change on its way through relay and reaction costs the processes that it meets, against another build; with tables,
 * and with nothing kept.
 *
 * @param otherBuild its folder.
 */
export async function costOfAChange(otherBuild?: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const hasTables of [false, true]) {
    const ours = await startSystem('.', hasTables);
    const other = otherBuild === undefined ? undefined : await startSystem(otherBuild, hasTables);
    try {
      rows.push(...(await measure(hasTables ? 'kept' : 'nothing kept', ours, other)));
    } finally {
      await other?.stop();
      await ours.stop();
    }
  }
  return rows;
}

async function measure(what: string, ours: System, other: System | undefined): Promise<Row[]> {
  const line = (name: string, pidsOf: (system: System) => number[], atMost?: number) => {
    const contender = (system: System): Contender => ({ pids: pidsOf(system), load: system.makeChanges });
    const against = { what: 'the other build', contender: other && contender(other), atMost };
    return compared(`a change, ${what}: ${name}`, contender(ours), [against]);
  };
  return [
    ...(await line('the local host with the app in it', ({ pids }) => [pids.host], 0.5)),
    ...(await line('emulator and local host', ({ pids }) => [pids.emulator, pids.host], 0.6)),
    ...(ours.pids.tables.length > 0 ? await line("Azurite's tables", ({ pids }) => pids.tables) : []),
  ];
}

async function startSystem(build: string, hasTables: boolean): Promise<System> {
  const stateDir = await mkdtemp(join(tmpdir(), 'bench-'));
  const options = await readSystemOptions(['--port', '0', '--table-port', '0', '--state-dir', stateDir]);
  const functions = ['--functions-url', `http://localhost:${options.port}`];
  const topology = ['--topology', join(build, 'infra/topology.json')];
  const emulator = await startEmulatorProcess(['--simulate', `${devices}`, ...topology, ...functions], build);
  const { command, args, ready } = tableStorage(options);
  const tables = hasTables ? await startChild(command, args, process.env, ready) : undefined;
  const kept = hasTables ? { TWIN_TABLES_CONNECTION_STRING: tablesConnectionString(options.tablePort) } : {};
  // Nothing runs but what is measured.
  const env = { ...process.env, ...emulator.env, ...kept, TWIN_QUERY_SCHEDULE: '0 0 0 29 2 *' };
  const app = ['--port', `${options.port}`, '--state-dir', stateDir, '--script-root', build];
  const host = await startChild(
    process.execPath,
    [join(build, 'local-host/dist/cli.js'), ...app],
    env,
    /^Host started/,
  );
  const { httpsPort: port, ca } = emulator;
  const clients = await rawConnections({ port, ca, connections: 8, requests: updatesOf(emulator, devices) });
  return {
    pids: { emulator: emulator.pid, host: host.pid, tables: tables ? [tables.pid] : [] },
    async makeChanges() {
      const done = linesThat(reacted, changesOfASlice, host.lines);
      await clients.send(changesOfASlice);
      await done;
      return changesOfASlice;
    },
    async stop() {
      clients.end();
      await host.stop();
      await emulator.stop();
      await tables?.stop();
      await rm(stateDir, { recursive: true });
    },
  };
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { type Contender, durationRatio, inTurn, perSecond } from '../inTurn';
import type { Row } from '../row';
import { type RawConnections, rawConnections, updatesOf } from './keepAlive';
import { type EmulatorProcess, startEmulatorProcess } from './process';

const devices = 1000;
const durationMs = 2000;
const sliceMs = 500;
const rounds = 15;

/** So many callers at a time, and how many writes are to share a sync. */
const lines = [
  { connections: 1, aim: '1' },
  { connections: 32, aim: '≤ 1/16' },
  { connections: 256, aim: '≤ 1/64' },
];

/**
 * How many updates of twins, each durable before its answer, share a commit: each commit syncs the file once. And how long
 * one that is alone takes, against another build.
 *
 * @param otherBuild its folder.
 */
export async function durableUpdates(otherBuild?: string): Promise<Row[]> {
  const ours = await startKept();
  const other = otherBuild === undefined ? undefined : await startKept(otherBuild);
  try {
    return [...(await sharing(ours)), ...(other ? [await alone(ours.emulator, other.emulator)] : [])];
  } finally {
    await other?.stop();
    await ours.stop();
  }
}

/** An emulator that keeps its twins in a folder. */
interface Kept {
  emulator: EmulatorProcess;
  dataDir: string;
  stop(): Promise<void>;
}

async function startKept(build?: string): Promise<Kept> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bench-'));
  const emulator = await startEmulatorProcess(['--simulate', `${devices}`, '--data', dataDir], build);
  return {
    emulator,
    dataDir,
    async stop() {
      await emulator.stop();
      await rm(dataDir, { recursive: true });
    },
  };
}

async function sharing({ emulator, dataDir }: Kept): Promise<Row[]> {
  const store = open({ path: join(dataDir, 'hub.mdb'), readOnly: true });
  const commits = () => Number(Object(store.getStats()).lastTxnId);
  const rows: Row[] = [];
  for (const { connections, aim } of lines) {
    const clients = await connect(emulator, connections);
    const before = commits();
    const updates = await clients.load(durationMs);
    const value = (commits() - before) / updates;
    clients.end();
    const note = `one for ${(1 / value).toFixed(1)} updates; ${Math.round(updates / (durationMs / 1000))}/s`;
    rows.push({ what: `durable updates, ${connections} connections: commits each`, value, unit: '', aim, note });
  }
  await store.close();
  return rows;
}

async function alone(ours: EmulatorProcess, other: EmulatorProcess): Promise<Row> {
  const clients = await Promise.all([ours, other].map((hub) => connect(hub, 1)));
  const contenders = clients.map((client): Contender => ({ pids: [], load: () => client.load(sliceMs) }));
  const [own = [], others = []] = await inTurn(rounds, contenders);
  for (const client of clients) client.end();
  return {
    what: 'a durable update alone',
    value: 1000 / perSecond(own),
    baseline: { what: 'the other build', value: 1000 / perSecond(others) },
    ratio: durationRatio(own, others),
    atMost: 1.05,
  };
}

function connect(hub: EmulatorProcess, connections: number): Promise<RawConnections> {
  return rawConnections({ port: hub.httpsPort, ca: hub.ca, connections, requests: updatesOf(hub, devices) });
}

import { join } from 'node:path';
import { open } from 'lmdb';
import type { Row } from '../row';
import { rawConnections, updatesOf } from './keepAlive';
import { startEmulatorProcess } from './process';

const devices = 1000;
const durationMs = 2000;

/** So many callers at a time, and how many writes are to share a sync. */
const lines = [
  { connections: 1, aim: '1' },
  { connections: 32, aim: '≤ 1/16' },
  { connections: 256, aim: '≤ 1/64' },
];

/** How many updates of twins, each durable before its answer, share a commit: each commit syncs the file once. */
export async function durableUpdates(): Promise<Row[]> {
  const emulator = await startEmulatorProcess([]);
  const dataDir = join(emulator.stateDir, 'data');
  const kept = await startEmulatorProcess(['--simulate', `${devices}`, '--data', dataDir]);
  const store = open({ path: join(dataDir, 'hub.mdb'), readOnly: true });
  const commits = () => Number(Object(store.getStats()).lastTxnId);
  const requests = updatesOf(kept, devices);
  try {
    const rows: Row[] = [];
    for (const { connections, aim } of lines) {
      const clients = await rawConnections({ port: kept.httpsPort, ca: kept.ca, connections, requests });
      const before = commits();
      const updates = await clients.load(durationMs);
      const value = (commits() - before) / updates;
      clients.end();
      const note = `one for ${(1 / value).toFixed(1)} updates; ${Math.round(updates / (durationMs / 1000))}/s`;
      rows.push({ what: `durable updates, ${connections} connections: commits each`, value, unit: '', aim, note });
    }
    return rows;
  } finally {
    await store.close();
    await kept.stop();
    await emulator.stop();
  }
}

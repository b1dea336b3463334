import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import type { KeptDevice, Store } from './store';

/** Devices in an LMDB environment: writes that come together are committed together. */
export class LmdbStore implements Store {
  private constructor(private readonly database: RootDatabase<KeptDevice, string>) {}

  /** @throws Error where the folder holds a damaged store: never an empty hub in its place. */
  static open(dataDir: string): LmdbStore {
    mkdirSync(dataDir, { recursive: true });
    const path = join(dataDir, 'hub.mdb');
    if (existsSync(path)) checkReadable(path);
    return new LmdbStore(open({ path, encoding: 'json' }));
  }

  devices(): KeptDevice[] {
    const kept = [...this.database.getRange()].map(({ value }) => value);
    return kept.sort((one, other) => one.ordinal - other.ordinal);
  }

  async put({ identity, twin, ordinal }: KeptDevice): Promise<void> {
    await this.database.put(identity.deviceId, { identity, twin, ordinal });
    await this.database.flushed;
  }

  async delete(deviceId: string): Promise<void> {
    await this.database.remove(deviceId);
    await this.database.flushed;
  }

  stop(): Promise<void> {
    return this.database.close();
  }
}

const readAll = `
  const [lmdb, path] = process.argv.slice(1);
  for (const _ of require(lmdb).open({ path, encoding: 'json', readOnly: true }).getRange());`;

/** LMDB maps its file into memory, where damage can end the process that meets it: another process reads it first. */
function checkReadable(path: string): void {
  const { status } = spawnSync(process.execPath, ['-e', readAll, require.resolve('lmdb'), path]);
  if (status !== 0) {
    throw new Error(`The data in ${path} is damaged: bring back a copy, or remove it to begin with an empty hub.`);
  }
}

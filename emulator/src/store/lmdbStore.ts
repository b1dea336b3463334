import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import type { KeptDevice, Store } from './store';

/** Devices in an LMDB environment: writes that come together are committed together. */
export class LmdbStore implements Store {
  private constructor(private readonly database: RootDatabase<KeptDevice, string>) {}

  /** @throws Error where the folder holds a damaged store: never an empty hub in its place. */
  static open(dataDir: string): LmdbStore {
    mkdirSync(dataDir, { recursive: true });
    return new LmdbStore(open({ path: join(dataDir, 'hub.mdb'), encoding: 'json' }));
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

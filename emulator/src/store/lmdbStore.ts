import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Database, open, type RootDatabase } from 'lmdb';
import { GroupCommit } from './groupCommit';
import type { Kind } from './store';

/** What the texts in the file are; a hub of another format is refused, not read wrongly. */
const format = '2';
/** The devices' keys are in it. The type lacks this option, which LMDB takes. */
const ownersOnly: object = { permissionsMode: 0o600 };
const kinds: readonly Kind[] = ['identity', 'job', 'session', 'message', 'feedback', 'configuration'];

/** A text to be put in its place, or nothing to be there. */
interface Write {
  kind: Kind;
  key: string;
  text: string | undefined;
}

/**
 * Texts in an LMDB environment, each behind its checksum: what is written at the same time is committed together, and a
 * process that is killed leaves the last commit whole.
 */
export class LmdbStore {
  readonly #databases: ReadonlyMap<Kind, Database<string, string>>;
  readonly #writes = new GroupCommit<Write>((writes) => this.#commit(writes));

  private constructor(
    private readonly root: RootDatabase<string, string>,
    private readonly path: string,
  ) {
    this.#databases = new Map(kinds.map((name) => [name, root.openDB({ name, encoding: 'string' })]));
  }

  /** @throws Error where the folder holds a damaged store, or one of another format: never an empty hub in its place. */
  static async open(dataDir: string): Promise<LmdbStore> {
    const path = join(dataDir, 'hub.mdb');
    const isNew = !existsSync(path);
    if (!isNew) checkReadable(path);
    // A batch for each turn of the event loop has a promise of its own, which nobody could catch when it fails.
    const options = { encoding: 'string', maxDbs: kinds.length, eventTurnBatching: false, ...ownersOnly } as const;
    const root = open<string, string>({ path, ...options });
    if (isNew) await committed(root.put('format', format));
    else if (root.get('format') !== format) {
      await root.close();
      throw new Error(`The data in ${path} is of another version of this emulator: move it away to begin anew.`);
    }
    return new LmdbStore(root, path);
  }

  *all(kind: Kind): Iterable<[key: string, text: string]> {
    for (const { key, value } of this.#of(kind).getRange()) {
      const text = value.slice(checksumLength);
      if (checksum(text) !== value.slice(0, checksumLength)) throw damaged(this.path);
      yield [key, text];
    }
  }

  put(kind: Kind, key: string, text: string): Promise<void> {
    return this.#writes.add({ kind, key, text });
  }

  delete(kind: Kind, key: string): Promise<void> {
    return this.#writes.add({ kind, key, text: undefined });
  }

  async stop(): Promise<void> {
    await this.#writes.idle();
    await this.root.close();
  }

  /** All of them or none. */
  async #commit(writes: readonly Write[]): Promise<void> {
    const together = this.root.batch(() => {
      for (const { kind, key, text } of writes) {
        if (text === undefined) this.#of(kind).remove(key);
        else this.#of(kind).put(key, checksum(text) + text);
      }
    });
    await committed(together);
    await this.root.flushed;
  }

  #of(kind: Kind): Database<string, string> {
    const database = this.#databases.get(kind);
    if (!database) throw new Error(`There is nothing kept of the kind '${kind}'.`);
    return database;
  }
}

/** Waits for a write. @throws Error that says why it failed: lmdb's own only leads there, by a promise to be caught. */
async function committed(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    await (error as { commitError?: Promise<never> }).commitError;
    throw error;
  }
}

const checksumLength = 8;

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(checksumLength, '0');
}

/** A store of an earlier emulator lacks kinds that are new. */
const readAll = `
  const [lmdb, path, ...kinds] = process.argv.slice(1);
  const root = require(lmdb).open({ path, encoding: 'binary', readOnly: true, maxDbs: kinds.length });
  for (const _ of root.getRange());
  for (const name of kinds) for (const _ of root.openDB({ name, encoding: 'binary' })?.getRange() ?? []);`;

/** LMDB maps its file into memory, where damage can end the process that meets it: another process reads it first. */
function checkReadable(path: string): void {
  const { status } = spawnSync(process.execPath, ['-e', readAll, require.resolve('lmdb'), path, ...kinds]);
  if (status !== 0) throw damaged(path);
}

function damaged(path: string): Error {
  return new Error(`The data in ${path} is damaged: bring back a copy, or remove it to begin with an empty hub.`);
}

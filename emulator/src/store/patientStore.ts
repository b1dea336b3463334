import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HubError } from '../service/hubError';
import type { LmdbStore } from './lmdbStore';
import type { Kind, Store } from './store';

/** What is to be written: nothing, where it is to be removed. */
interface Change {
  kind: Kind;
  key: string;
  text: string | undefined;
  /** Later ones are higher. */
  turn: number;
}

/** How often it looks for room, in milliseconds. */
const lookMs = 1000;

/** What there must be room for before it tries again, in bytes. */
const roomBytes = 64 * 1024;

/**
 * A store that outlives a full disk. From the first write that fails on, writes are refused; what had failed is written
 * as soon as there is room again, since the hub in memory has it. So nothing that was acknowledged is lost, and memory
 * and disk agree in the end.
 */
export class PatientStore implements Store {
  readonly #unsaved = new Map<string, Change>();
  #turn = 0;
  #looking: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: LmdbStore,
    private readonly dataDir: string,
    private readonly log: (line: string) => void,
  ) {}

  all(kind: Kind): Iterable<[key: string, text: string]> {
    return this.store.all(kind);
  }

  check(): void {
    if (this.#looking) throw refusal();
  }

  put(kind: Kind, key: string, text: string): Promise<void> {
    return this.#take({ kind, key, text, turn: ++this.#turn });
  }

  delete(kind: Kind, key: string): Promise<void> {
    return this.#take({ kind, key, text: undefined, turn: ++this.#turn });
  }

  async stop(): Promise<void> {
    clearInterval(this.#looking);
    if (this.#looking) await this.#catchUp();
    if (this.#unsaved.size > 0) this.log(`${this.#unsaved.size} changes that were refused are not in ${this.dataDir}.`);
    await this.store.stop();
  }

  /** Who did not ask before is refused too, and its change is not forgotten. */
  async #take(change: Change): Promise<void> {
    if (!this.#looking && (await this.#write(change))) return;
    const failed = this.#unsaved.get(idOf(change));
    if (!failed || failed.turn < change.turn) this.#unsaved.set(idOf(change), change);
    throw refusal();
  }

  /** Whether it was written. */
  async #write(change: Change): Promise<boolean> {
    const { kind, key, text, turn } = change;
    try {
      await (text === undefined ? this.store.delete(kind, key) : this.store.put(kind, key, text));
    } catch (error) {
      this.#wait(error);
      return false;
    }
    const failed = this.#unsaved.get(idOf(change));
    if (failed && failed.turn <= turn) this.#unsaved.delete(idOf(change));
    return true;
  }

  #wait(error: unknown): void {
    if (this.#looking) return;
    const reason = error instanceof Error ? error.message.replace(/: Attempting.*/s, '') : error;
    this.log(`The disk of ${this.dataDir} takes no more (${reason}): writes are refused until it does, reads go on.`);
    this.#looking = setInterval(() => this.#look(), lookMs).unref();
  }

  #look(): void {
    if (hasRoom(this.dataDir)) void this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    const written = await Promise.all([...this.#unsaved.values()].map((change) => this.#write(change)));
    if (!this.#looking || written.includes(false) || this.#unsaved.size > 0) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
    this.log(`The disk of ${this.dataDir} takes writes again.`);
  }
}

function idOf({ kind, key }: Change): string {
  return `${kind} ${key}`;
}

function refusal(): HubError {
  return new HubError('ServiceUnavailable', 'The disk of the data folder is full: the log names it.');
}

/** Asks with a file of its own: lmdb tells of each write that fails, on the console. */
function hasRoom(dataDir: string): boolean {
  const file = join(dataDir, 'room');
  try {
    writeFileSync(file, Buffer.alloc(roomBytes), { mode: 0o600 });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(file, { force: true });
  }
}

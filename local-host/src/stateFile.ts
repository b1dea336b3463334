import { accessSync, constants, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes the folder of what outlives the process.
 *
 * @throws Error where nothing can be kept there: told at the first event, it would have come again for ever.
 */
export function openStateFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw new Error(`Nothing can be kept in ${path}: choose another --state-dir (${(error as Error).message}).`);
  }
}

/** How long after it was set a value that may be lost is written, in milliseconds. */
const soonMs = 100;

/** A map that outlives the process, in a small JSON file that is always whole. */
export class StateFile<T> {
  readonly #values: Map<string, T>;
  #writing: NodeJS.Timeout | undefined;

  /** @throws Error where the file is there but not readable. */
  constructor(private readonly path: string) {
    this.#values = new Map(Object.entries(read(path) as Record<string, T>));
  }

  get(key: string): T | undefined {
    return this.#values.get(key);
  }

  values(): T[] {
    return [...this.#values.values()];
  }

  set(key: string, value: T): void {
    this.#values.set(key, value);
    this.#write();
  }

  /** Sets a value that may stand as it was after a kill: many of them are written at once. */
  setSoon(key: string, value: T): void {
    this.#values.set(key, value);
    this.#writing ??= setTimeout(() => this.#write(), soonMs);
  }

  /** Writes what was set soon. */
  flush(): void {
    if (this.#writing) this.#write();
  }

  #write(): void {
    clearTimeout(this.#writing);
    this.#writing = undefined;
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    const temporary = `${this.path}.${process.pid}`;
    writeFileSync(temporary, JSON.stringify(Object.fromEntries(this.#values)), { mode: 0o600 });
    renameSync(temporary, this.path);
  }
}

function read(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new Error(`${path} is not readable: delete it, and the host starts anew (${error}).`);
  }
}

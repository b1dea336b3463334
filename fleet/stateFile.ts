import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import type * as z from 'zod/mini';
import { FailedError } from './errors';

/** What long work keeps beside its file, to go on where it was cut. */
export class StateFile<T> {
  constructor(
    readonly path: string,
    private readonly schema: z.ZodMiniType<T>,
  ) {}

  /** Undefined where there is none. */
  async read(): Promise<T | undefined> {
    const text = await readFile(this.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    const { success, data } = this.schema.safeParse(tryJson(text));
    if (success) return data;
    throw new FailedError(`${this.path} cannot be read; begin anew with --restart.`);
  }

  /** Whole or not at all: it is written beside, then put in place. */
  async write(state: T): Promise<void> {
    const beside = `${this.path}.new`;
    // It names devices, and where the app is.
    await writeFile(beside, JSON.stringify(state), { mode: 0o600 });
    await rename(beside, this.path);
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

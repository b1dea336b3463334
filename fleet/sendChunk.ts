import type * as z from 'zod/mini';
import { visible } from '../src/visible';
import type { Chunk } from './chunks';
import { ApiError, type Client } from './client';
import { contentTypeOf, type Format } from './format';

export interface ChunkOptions {
  format: Format;
  engine: string | undefined;
  dryRun?: 'true';
  /** Whether what is replaced is kept; it is unless told otherwise. */
  undoable?: 'false' | undefined;
  /** Why, in words of who imports. */
  reason?: string | undefined;
  /** Idempotency key. */
  key?: string | undefined;
}

/** What is wrong with a line of a file. */
export interface Fault {
  line: number;
  detail: string;
}

/**
 * Has the API tag the devices of a chunk.
 *
 * @throws ApiError that tells faults by the lines of the file.
 */
export async function sendChunk<T>(
  schema: z.ZodMiniType<T>,
  chunk: Chunk,
  { format, engine, dryRun, undoable, reason, key }: ChunkOptions,
  client: Client,
): Promise<T> {
  const headers = { 'content-type': contentTypeOf(format), ...(key === undefined ? {} : { 'idempotency-key': key }) };
  try {
    return await client.json(schema, 'api/tagJobs', {
      method: 'POST',
      query: { engine, dryRun, undoable, reason },
      headers,
      body: chunk.bytes,
    });
  } catch (error) {
    if (!(error instanceof ApiError) || !error.problem.lines?.length) throw error;
    const lines = error.problem.lines.map((fault) => inFile(fault, chunk));
    throw new ApiError(lines.map(describeFault).join('\n'), error.status, { ...error.problem, lines });
  }
}

/** Whether the API refused a chunk because no device of it has a tag: of a file with tags that is no fault. */
export function hasNoTag(error: unknown): boolean {
  return error instanceof ApiError && error.status === 400 && error.problem.path === 'tags';
}

/** A fault in words. */
export function describeFault({ line, detail }: Fault): string {
  return `Line ${line}: ${visible(detail)}`;
}

/** The detail may name another line: where a quote was opened, or a device stands already. */
function inFile({ line, detail }: Fault, { lineOf }: Chunk): Fault {
  return {
    line: lineOf(line),
    detail: detail.replace(/\bin line (\d+)/g, (_, other) => `in line ${lineOf(Number(other))}`),
  };
}

import { open } from 'node:fs/promises';
import * as z from 'zod/mini';
import { deviceIdRule } from '../src/twins/isDeviceId';
import { type Chunk, readChunks, type Sheet } from './chunks';
import { ApiError } from './client';
import type { Context } from './command';
import { FailedError } from './errors';
import { Progress } from './progress';
import { type ChunkOptions, describeFault, type Fault, hasNoTag, sendChunk } from './sendChunk';
import { maxBadIds, surveyFile } from './survey';
import { write } from './terminal';

/** Faults that are told at once. */
const maxFaults = 20;

const answerSchema = z.looseObject({ devices: z.int() });

/**
 * Counts the devices of a file.
 *
 * @throws FailedError where there is none, or one stands there twice: chunk by chunk the API could not tell.
 */
export async function countDevices(sheet: Sheet, context: Context): Promise<number> {
  const { file } = sheet;
  await refuseUtf16(file);
  const { devices, bad, repeated } = await surveyFile(sheet, maxFaults, context.signal);
  if (devices === 0) throw new FailedError(`${file} names no device.`);
  const faults = [
    ...bad.map(({ deviceId, line }) => ({ line, detail: `'${deviceId}': ${deviceIdRule}` })),
    ...repeated.map(({ deviceId, line, firstLine }) => ({
      line,
      detail: `device ${deviceId} stands in line ${firstLine} already; name it once.`,
    })),
  ];
  const isAll = bad.length < maxBadIds && repeated.length < maxFaults;
  await refuse(
    faults.sort((a, b) => a.line - b.line),
    isAll,
    context,
  );
  return devices;
}

/**
 * Has the app judge every chunk; it asks no hub for that.
 *
 * @throws FailedError where a line has a fault, or no device a tag.
 */
export async function checkFile(
  sheet: Sheet,
  { chunk: maxDevices, total, ...rest }: Omit<ChunkOptions, 'format'> & { chunk: number; total: number },
  context: Context,
): Promise<void> {
  const options = { ...rest, format: sheet.format };
  const progress = new Progress(context.stderr, total);
  // By their lines: each chunk has the header.
  const faults = new Map<number, Fault>();
  let devices = 0;
  let untagged: unknown;
  let hasTags = false;
  try {
    for await (const chunk of readChunks(sheet, { offset: 0, line: 1 }, maxDevices)) {
      progress.show(devices, 'checked');
      try {
        for (const fault of await faultsOf(chunk, options, context)) faults.set(fault.line, fault);
        hasTags = true;
      } catch (error) {
        if (!hasNoTag(error)) throw error;
        untagged = error;
      }
      if (faults.size >= maxFaults) break;
      devices += chunk.devices;
    }
  } finally {
    progress.clear();
  }
  await refuse([...faults.values()].slice(0, maxFaults), faults.size < maxFaults, context);
  if (!hasTags) throw untagged;
}

/** @throws FailedError for what Windows calls Unicode: every second byte of it is zero, in whichever order. */
async function refuseUtf16(file: string): Promise<void> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    const begin = buffer.subarray(0, bytesRead);
    if (begin.includes(0)) throw new FailedError(`${file} is UTF-16; save it as UTF-8.`);
  } finally {
    await handle.close();
  }
}

async function faultsOf(chunk: Chunk, options: ChunkOptions, { client }: Context): Promise<readonly Fault[]> {
  try {
    await sendChunk(answerSchema, chunk, { ...options, dryRun: 'true' }, client);
    return [];
  } catch (error) {
    if (error instanceof ApiError && error.problem.lines?.length) return error.problem.lines;
    throw error;
  }
}

/** @throws FailedError where there are faults, after each was told. */
async function refuse(faults: readonly Fault[], isAll: boolean, { stdout, json }: Context): Promise<void> {
  for (const fault of faults) await write(stdout, `${json ? JSON.stringify(fault) : describeFault(fault)}\n`);
  const more = isAll ? '' : ', maybe more than these';
  if (faults.length > 0) throw new FailedError(`The file has faults${more}. Nothing was done.`);
}

import { processorMs } from './ps';

/** What a server did in a short while. */
export interface Slice {
  operations: number;
  seconds: number;
  /** Processor time that it took, in milliseconds. */
  processorMs: number;
}

/** A figure of many, by its middle half: where a machine is shared a mean follows the neighbours. */
export interface Quartiles {
  lower: number;
  median: number;
  upper: number;
}

/** What is measured, in one of its forms. */
export interface Contender {
  /** Of the servers whose processor time counts. */
  pids: readonly number[];
  /** Loads it for a short while; how many operations it did. */
  load(): Promise<number>;
}

/** So many slices of each contender, one after the other in turn: a drift of the machine hits all alike. */
export async function inTurn(rounds: number, contenders: readonly Contender[]): Promise<Slice[][]> {
  const slices = contenders.map((): Slice[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      const slice = await sliceOf(contender);
      if (round > 0) slices[index]?.push(slice); // the first round only warms up
    }
  }
  return slices;
}

async function sliceOf({ pids, load }: Contender): Promise<Slice> {
  const [start, before] = [performance.now(), await processorMs(pids)];
  const operations = await load();
  return { operations, seconds: (performance.now() - start) / 1000, processorMs: (await processorMs(pids)) - before };
}

/** Processor time for each operation, of each slice by the one that was taken next to it. */
export function processorRatio(ours: readonly Slice[], others: readonly Slice[]): Quartiles {
  return ratioOf(({ operations, processorMs }) => processorMs / operations, ours, others);
}

/** The same of the time that passed. */
export function durationRatio(ours: readonly Slice[], others: readonly Slice[]): Quartiles {
  return ratioOf(({ operations, seconds }) => seconds / operations, ours, others);
}

function ratioOf(each: (slice: Slice) => number, ours: readonly Slice[], others: readonly Slice[]): Quartiles {
  return quartiles(ours.map((slice, index) => each(slice) / each(others[index] ?? slice)));
}

export function processorEach(slices: readonly Slice[]): number {
  return quartiles(slices.map(({ operations, processorMs }) => processorMs / operations)).median;
}

export function perSecond(slices: readonly Slice[]): number {
  return quartiles(slices.map(({ operations, seconds }) => operations / seconds)).median;
}

export function quartiles(values: readonly number[]): Quartiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN;
  return { lower: at(0.25), median: at(0.5), upper: at(0.75) };
}

import { type Contender, inTurn, perSecond, processorEach, processorRatio, type Slice } from './inTurn';
import type { Row } from './row';

/** Pairs of slices; enough for quartiles. */
const rounds = 15;

/** What something is measured against. */
export interface Against {
  what: string;
  /** Absent where there is none this time. */
  contender: Contender | undefined;
  /** What its processor time for an operation is to be multiplied with, at most. */
  atMost?: number | undefined;
}

/**
 * Rows that tell what an operation costs a server in processor time, against others. The rates of the wall clock stand beside:
 * where a machine is shared they tell little. Where there is nothing to compare with, the cost alone.
 */
export async function compared(what: string, ours: Contender, others: readonly Against[]): Promise<Row[]> {
  const present = others.flatMap(({ contender, ...other }) => (contender ? [{ ...other, contender }] : []));
  const [own = [], ...taken] = await inTurn(rounds, [ours, ...present.map(({ contender }) => contender)]);
  const cost = { what, value: processorEach(own) * 1000, unit: 'µs' } as const;
  const rate = `${Math.round(perSecond(own))}/s`;
  if (present.length === 0) return [{ ...cost, note: rate }];
  return present.map(({ what: name, atMost }, index) => {
    const slices: readonly Slice[] = taken[index] ?? [];
    return {
      ...cost,
      baseline: { what: name, value: processorEach(slices) * 1000 },
      ratio: processorRatio(own, slices),
      atMost,
      note: `${rate}, ${name}: ${Math.round(perSecond(slices))}/s`,
    };
  });
}

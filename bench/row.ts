import type { Quartiles } from './inTurn';

/** One line of the table: what was measured, and against which baseline of the same run. */
export interface Row {
  what: string;
  value: number;
  /** Milliseconds where absent. */
  unit?: 'ms' | '/s' | 'bytes' | 'MB' | '%' | 'requests' | 'devices' | 'µs' | '';
  baseline?: { what: string; value: number };
  /** Of many pairs; where it is absent the value is divided by that of the baseline. */
  ratio?: Quartiles;
  /** What the upper quartile of the ratio is to be at most. */
  atMost?: number | undefined;
  /** What we aim at, in words. */
  aim?: string;
  note?: string;
}

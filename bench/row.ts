/** One line of the table: what was measured, and against which baseline of the same run. */
export interface Row {
  what: string;
  value: number;
  /** Milliseconds where absent. */
  unit?: 'ms' | '/s' | 'bytes' | 'MB' | '%' | 'requests' | 'devices';
  baseline?: { what: string; value: number };
  /** What we aim at, in words. */
  aim?: string;
  note?: string;
}

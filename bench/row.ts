/** One line of the table: what took how long, and against which baseline of the same run. */
export interface Row {
  what: string;
  milliseconds: number;
  baseline?: { what: string; milliseconds: number };
  /** What we aim at, in words. */
  aim?: string;
  note?: string;
}

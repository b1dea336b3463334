import { visible } from '../src/visible';

const gap = '  ';
/** Narrower than this a column says nothing. */
const minWidth = 6;

/** A column of a table: its cells, and how wide it is. */
interface Column {
  cells: string[];
  width: number;
  isNumber: boolean;
  /** Whether it keeps its width: an id or a number that is cut is another one. */
  isWhole: boolean;
}

/**
 * A table that fits into so many columns of a terminal. The first column is what its rows are called by: it is never cut,
 * and numbers are not. Of the others the widest give way, and what is cut off ends in `…`; where that is not enough, the
 * last ones are left out, and the header ends in `…`.
 */
export function formatTable(header: readonly string[], rows: readonly (readonly unknown[])[], columns: number): string {
  const all = header.map((name, index) => columnOf(name, rows, index));
  const shown = [...all];
  narrow(shown, columns);
  while (widthOf(shown) > columns) {
    const last = shown.findLastIndex(({ isWhole }) => !isWhole);
    if (last < 0) break;
    shown.splice(last, 1);
  }
  const lines = [header, ...rows].map((_, line) =>
    shown
      .map((column) => pad(column, line))
      .join(gap)
      .trimEnd(),
  );
  if (shown.length < all.length) lines[0] += ' …';
  return lines.map((line) => `${line}\n`).join('');
}

function columnOf(name: string, rows: readonly (readonly unknown[])[], index: number): Column {
  const cells = [name, ...rows.map((row) => row[index])].map(cellText);
  const isNumber = typeof rows[0]?.[index] === 'number';
  const width = cells.reduce((most, { length }) => Math.max(most, length), 0);
  return { cells, width, isNumber, isWhole: index === 0 || isNumber };
}

function narrow(columns: readonly Column[], room: number): void {
  const others = columns.filter(({ isWhole }) => !isWhole);
  for (let over = widthOf(columns) - room; over > 0; over--) {
    const widest = others.reduce((most, each) => (each.width >= most.width ? each : most), { width: minWidth });
    if (widest.width <= minWidth) return;
    widest.width--;
  }
}

function widthOf(columns: readonly Column[]): number {
  return columns.reduce((total, { width }) => total + width, gap.length * (columns.length - 1));
}

function pad({ cells, width, isNumber }: Column, line: number): string {
  const cell = cells[line] ?? '';
  const cut = cell.length > width ? `${cell.slice(0, width - 1)}…` : cell;
  return isNumber ? cut.padStart(width) : cut.padEnd(width);
}

function cellText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return visible(typeof value === 'string' ? value : JSON.stringify(value)).replaceAll('\t', '\\t');
}

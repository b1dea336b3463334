import { visible } from '../src/visible';

const gap = '  ';
/** Narrower than this a column says nothing. */
const minWidth = 6;

/** A table that fits into so many columns: the widest columns give way, and what is cut off ends in `…`. */
export function formatTable(header: readonly string[], rows: readonly (readonly unknown[])[], columns: number): string {
  const cells = [header, ...rows].map((row) => row.map(cellText));
  const widths = narrow(
    header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))),
    columns - gap.length * (header.length - 1),
  );
  return cells
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0, typeof rows[0]?.[column] === 'number'))
        .join(gap)
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

function narrow(wanted: readonly number[], room: number): number[] {
  const widths = [...wanted];
  for (let over = sum(widths) - room; over > 0; over--) {
    const widest = Math.max(...widths);
    if (widest <= minWidth) break;
    widths[widths.lastIndexOf(widest)] = widest - 1;
  }
  return widths;
}

function pad(cell: string, width: number, isNumber: boolean): string {
  const cut = cell.length > width ? `${cell.slice(0, width - 1)}…` : cell;
  return isNumber ? cut.padStart(width) : cut.padEnd(width);
}

function cellText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return visible(typeof value === 'string' ? value : JSON.stringify(value));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

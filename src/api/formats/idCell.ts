/**
 * The device id of a CSV cell. No id has a quote, so one that begins with it is a JSON string: that is how ids are written
 * which a spreadsheet would take for a formula.
 */
export function parseIdCell(cell: string | undefined): string | undefined {
  if (!cell?.startsWith('"')) return cell;
  try {
    const value: unknown = JSON.parse(cell);
    return typeof value === 'string' ? value : cell;
  } catch {
    return cell;
  }
}

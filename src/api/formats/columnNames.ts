/**
 * Where a column stands in a header: by its name, or by one that a person writes for it (`Device ID`, `device_id`).
 *
 * @returns negative where it is not there.
 */
export function columnOf(cells: readonly string[], name: string): number {
  const exact = cells.indexOf(name);
  return exact >= 0 ? exact : cells.findIndex((cell) => plain(cell) === plain(name));
}

function plain(name: string): string {
  return name.replace(/[\s_-]/g, '').toLowerCase();
}

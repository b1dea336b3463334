import type { Query } from './ast';
import { queryErrorAt } from './queryError';
import { pathsOf } from './roots';

/** Sections of twins, which conditions over jobs cannot refer to. */
const twinSections = new Set(['tags', 'properties']);

/**
 * Checks what `devices.jobs` does not take (Azure IoT Hub, "Queries for IoT Hub jobs", limitations).
 *
 * @throws QueryError for anything selected but `*`, for `GROUP BY`, and for a condition that refers to twins.
 */
export function checkJobQuery({ select, where, groupBy }: Query): void {
  if (select.kind === 'items') {
    throw queryErrorAt(
      select.items[0]?.at,
      'Of devices.jobs only * can be selected, neither properties nor aggregates.',
    );
  }
  if (groupBy) throw queryErrorAt(groupBy.at, 'devices.jobs cannot be grouped.');
  const astray = where && pathsOf(where).find(({ names: [root = ''] }) => twinSections.has(root.toLowerCase()));
  if (astray) {
    const text = `Conditions over devices.jobs cannot refer to twins: '${astray.names.join('.')}'.`;
    throw queryErrorAt(astray.at, text);
  }
}

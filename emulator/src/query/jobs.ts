import type { Expression, Path, Query } from './ast';
import { queryErrorAt } from './queryError';

/** Sections of twins, which conditions over jobs cannot refer to. */
const twinSections = new Set(['tags', 'properties']);

/**
 * Checks what `devices.jobs` does not take (Azure IoT Hub, "Queries for IoT Hub jobs", limitations).
 *
 * @throws QueryError for anything selected but `*`, and for `GROUP BY`.
 */
export function checkJobQuery({ select, groupBy }: Query): void {
  if (select.kind === 'items') {
    throw queryErrorAt(
      select.items[0]?.at,
      'Of devices.jobs only * can be selected, neither properties nor aggregates.',
    );
  }
  if (groupBy) throw queryErrorAt(groupBy.at, 'devices.jobs cannot be grouped.');
}

/**
 * A condition over jobs with each path as the documents have it: `devices.jobs.jobId` is their `jobId`.
 *
 * @throws QueryError where it refers to twins.
 */
export function ofJobs(condition: Expression): Expression {
  switch (condition.kind) {
    case 'path':
      return ofJob(condition);
    case 'literal':
      return condition;
    case 'list':
      return { ...condition, values: condition.values.map(ofJobs) };
    case 'unary':
      return { ...condition, operand: ofJobs(condition.operand) };
    case 'binary':
      return { ...condition, left: ofJobs(condition.left), right: ofJobs(condition.right) };
    case 'in':
      return { ...condition, operand: ofJobs(condition.operand), values: condition.values.map(ofJobs) };
    case 'call':
      return { ...condition, args: condition.args.map(ofJobs) };
  }
}

function ofJob(path: Path): Path {
  const [collection = '', jobs = '', ...below] = path.names;
  const prefixed = below.length > 0 && `${collection}.${jobs}`.toLowerCase() === 'devices.jobs';
  const names = prefixed ? below : path.names;
  if (twinSections.has(names[0]?.toLowerCase() ?? '')) {
    throw queryErrorAt(path.at, `Conditions over devices.jobs cannot refer to twins: '${path.names.join('.')}'.`);
  }
  return { ...path, names };
}

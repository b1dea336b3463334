import { createHash } from 'node:crypto';
import { momentOf } from './momentOf';

/** What names a change of a twin. */
interface Named {
  source: string;
  subject: string;
  time: string;
  data: { version?: number | undefined };
}

/**
 * The id of a change, fit for a step of a path: when the hub did it, the twin's version, and a hash of the twin, so that
 * no two twins share one. The same for each delivery.
 *
 * @example 20251129T0232168821234-7-5f0c1e9ad2b4
 */
export function changeIdOf(event: Named): string {
  const [time = '', version] = momentOf(event).split('|');
  const twin = createHash('sha256').update(`${event.source}/${event.subject}`).digest('hex').slice(0, 12);
  return `${time.replace(/[-:.]/g, '')}-${Number(version)}-${twin}`;
}

/** The moment that an id names; undefined where it is none. */
export function momentOfId(id: string): string | undefined {
  const [, year, month, day, hour, minute, second, fraction, version = ''] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{7})-(\d{1,16})-[0-9a-f]{12}$/.exec(id) ?? [];
  if (year === undefined) return undefined;
  const time = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction}Z`;
  return momentOf({ time, data: { version: Number(version) } });
}

import { type Condition, toText } from '../conditions/condition';
import { formatPairs } from '../formatPairs';
import type { QueryRun } from './runQuery';

/** Application Insights cuts a message at 32,768 characters; ids take no more than half of one. */
const maxIdCharacters = 16_384;

/**
 * One log line: a sentence for a person, then `name=value` pairs for a query of the log.
 *
 * @example devices in Redmond43: 1 (myDeviceId), as the query index has it | condition="…" count=1 listed=1 more=0 …
 */
export function describeRun(title: string, condition: Condition, { count, ids, ...spent }: QueryRun): string {
  const listed = thatFit(ids);
  const more = Math.max(0, count - listed.length);
  const devices = [...listed, ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
  const pairs = {
    condition: JSON.stringify(toText(condition)),
    count,
    listed: listed.length,
    more,
    ms: spent.ms,
    hubQueries: spent.hubQueries,
    messages: spent.messages,
  };
  return `${title}: ${count}${devices && ` (${devices})`}, as the query index has it | ${formatPairs(pairs)}`;
}

function thatFit(ids: string[]): string[] {
  const fitting: string[] = [];
  let characters = 0;
  for (const id of ids) {
    characters += id.length + 2;
    if (characters > maxIdCharacters) break;
    fitting.push(id);
  }
  return fitting;
}

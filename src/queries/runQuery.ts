import * as z from 'zod/mini';
import type { Hub } from '../azure/hub/hub';
import type { Condition } from '../conditions/condition';
import { idsQuery } from '../conditions/twinQuery';
import { countDevices } from './countDevices';

/** What a scheduled query found and what it cost. */
export interface QueryRun {
  /** Devices that meet the condition. */
  count: number;
  /** Ids of those that the page budget allowed to list. */
  ids: string[];
  ms: number;
  /** Requests to the hub's query engine, whose number per minute is limited. */
  hubQueries: number;
  /** About how many of the hub's messages of the day the replies cost. */
  messages: number;
}

const idRow = z.object({ deviceId: z.string() });

/**
 * Counts the devices that meet a condition, then lists their ids, at most `maxPages` pages of them.
 * Queries are the scarcest thing of a hub: nothing is listed where nothing was counted.
 */
export async function runQuery(hub: Hub, condition: Condition, maxPages: number): Promise<QueryRun> {
  const start = performance.now();
  const run: QueryRun = { ids: [], ms: 0, ...(await countDevices(hub, condition)) };
  if (run.count > 0) await listIds(hub, condition, maxPages, run);
  run.ms = Math.round(performance.now() - start);
  return run;
}

async function listIds(hub: Hub, condition: Condition, maxPages: number, run: QueryRun): Promise<void> {
  let pages = 0;
  for await (const page of hub.queryPages(idsQuery(condition), idRow)) {
    run.hubQueries += page.requests;
    run.messages += page.messages;
    run.ids.push(...page.rows.map(({ deviceId }) => deviceId));
    if (++pages >= maxPages) return;
  }
}

import type { InvocationContext } from '@azure/functions';
import { fillMeans } from '../app/fillMeans';
import type { Services } from '../app/services';
import { need, type Settings } from '../app/settings';
import { deadlines } from '../azure/hub/deadlines';
import type { Hub } from '../azure/hub/hub';
import { HubError } from '../azure/hub/hubError';
import { goesBy } from '../conditions/alike';
import type { Condition } from '../conditions/condition';
import { formatPairs } from '../formatPairs';
import { forgetOldChanges } from '../history/forgetOldChanges';
import type { LocationCount } from '../members/countMembers';
import { reportMembers } from '../members/reportMembers';
import { describeRun } from '../queries/describeRun';
import { runQuery } from '../queries/runQuery';
import { forgetOldJobs } from '../tagJobs/forgetOldJobs';
import { groupsOf } from '../trends/trendPoint';
import type { RegistryStatistics } from '../twins/twin';

/**
 * Logs the registry's statistics, the devices of a location, and those of them with a connectivity; where the app keeps
 * members, also who joined and who left, and puts members right that no event told of. What it has counted is kept. Last, old
 * tag jobs and old changes are forgotten.
 */
export async function runTwinQueries(context: InvocationContext, services: Services): Promise<void> {
  const { hub, settings } = services;
  // Where the schedule is invalid, this ran by the default one.
  need(settings.schedule);
  const queries = scheduledQueries(settings);
  const maxPages = need(settings.maxPages);
  const background = hub(deadlines.background);
  const statistics = await logStatistics(background, context);
  const failures: unknown[] = [];
  // One after the other: the hub allows few queries a minute.
  for (const [title, condition] of queries) {
    try {
      context.log(describeRun(title, condition, await runQuery(background, condition, maxPages)));
    } catch (error) {
      failures.push(error);
      context.error(`${title}: the query failed.`, error);
    }
  }
  const members = await compareMembers(context, services);
  await noteTrend(context, services, background.now(), statistics, members);
  await forgetOldJobs(context, () => services.records()?.tagJobSweep);
  await forgetOldChanges(context, () => {
    const kept = services.records();
    return kept && { age: kept.age, days: need(settings.historyDays) };
  });
  if (failures.length === queries.length) throw new AggregateError(failures, `No query succeeded: ${failures[0]}`);
}

function scheduledQueries(settings: Settings): [title: string, condition: Condition][] {
  const location = need(settings.location);
  const connectivity = need(settings.connectivity);
  const located = goesBy(need(settings.locationPath), location);
  const connected = goesBy(need(settings.connectivityPath), connectivity);
  return [
    [`devices in ${location}`, located],
    [`devices in ${location} using ${connectivity}`, { kind: 'and', conditions: [located, connected] }],
  ];
}

/** A failure is logged: the queries were answered, and the next run compares again. */
async function compareMembers(context: InvocationContext, services: Services): Promise<LocationCount[] | undefined> {
  try {
    const { hub, records, settings, queue } = services;
    const kept = records();
    if (!kept) return undefined;
    const watched = {
      location: need(settings.location),
      connectivity: need(settings.connectivity),
      paths: { location: need(settings.locationPath), connectivity: need(settings.connectivityPath) },
      maxPages: need(settings.maxPages),
    };
    const filling = queue() ? fillMeans(services) : undefined;
    return await reportMembers(context, kept, hub(deadlines.background), watched, filling);
  } catch (error) {
    context.error('members: not compared.', error);
    return undefined;
  }
}

/** A failure is logged: this run is a gap in the trends. */
async function noteTrend(
  context: InvocationContext,
  { records }: Services,
  now: Date | undefined,
  statistics: RegistryStatistics | undefined,
  members: LocationCount[] | undefined,
): Promise<void> {
  if (!statistics && !members) return;
  try {
    const kept = records();
    if (!kept) return;
    const reached = [...(await kept.feedReader.end())].filter(([, place]) => place !== '');
    await kept.trends.keep({
      at: (now ?? new Date()).toISOString(),
      ...(statistics && { total: statistics.totalDeviceCount, enabled: statistics.enabledDeviceCount }),
      ...(members && { groups: groupsOf(members) }),
      reached: Object.fromEntries(reached.map(([stream, place]) => [stream, Number(place)])),
    });
  } catch (error) {
    context.error('trends: this run is not kept.', error);
  }
}

/** The queries need no right to read the registry, so they run where its statistics are refused. */
async function logStatistics(hub: Hub, context: InvocationContext): Promise<RegistryStatistics | undefined> {
  try {
    const statistics = await hub.getStatistics();
    const { totalDeviceCount: total, enabledDeviceCount: enabled, disabledDeviceCount: disabled } = statistics;
    context.log(`registry: ${total} devices, ${enabled} enabled, ${disabled} disabled | ${formatPairs(statistics)}`);
    return statistics;
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    context.warn(`registry: no statistics. ${error.message}`);
    return undefined;
  }
}

import { endpoint } from '../../src/api/http/endpoint';
import { createServices, needRecords, type Services } from '../../src/app/services';
import { readSettings } from '../../src/app/settings';
import type { Tables } from '../../src/azure/tables/tables';
import { trends } from '../../src/functions/trends';
import { levels } from '../../src/trends/levels';
import { groupsOf, type TrendPoint } from '../../src/trends/trendPoint';
import type { Trends } from '../../src/trends/trends';
import { memoryTables } from '../support/memoryTables';
import { instanceOn, relay } from './feedSetup';
import { call, keepingIn } from './functionCalls';
import { type MembersSetup, startMembers } from './membersSetup';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const noon = Date.UTC(2026, 4, 20, 12);
const iso = (moment: number) => new Date(moment).toISOString();

let tables: Tables;
let services: Services;

beforeEach(() => {
  tables = memoryTables();
  services = keepingIn(tables, createServices(readSettings({})));
});
afterEach(() => jest.restoreAllMocks());

const keep = (at: number, point: Partial<TrendPoint> = {}) =>
  needRecords(services).trends.keep({ at: iso(at), total: 1, ...point });

async function ask(query: Record<string, string> = {}, now = noon): Promise<Trends> {
  jest.spyOn(Date, 'now').mockReturnValue(now);
  const { status, body } = await call(endpoint(trends, services), { method: 'GET', query });
  expect(status).toBe(200);
  return body as unknown as Trends;
}

/** Counts by the time of their step, without the gaps. */
const known = ({ times, total }: Trends) =>
  Object.fromEntries(times.map((time, step) => [time, total[step]]).filter(([, count]) => count !== null));

it('tells a column of each count beside the times; gaps are gaps', async () => {
  const groups = (wifi: number) => [
    { location: 'A', connectivity: 'wifi', devices: wifi },
    { location: 'A', connectivity: null, devices: 1 },
  ];
  await keep(noon - 15 * minute, { total: 7, enabled: 6, groups: groups(3), reached: { 0: 10, 1: 5 } });
  await keep(noon - 10 * minute, { total: 8, groups: groups(4), reached: { 0: 12, 1: 6 } });
  await keep(noon, { total: 9, reached: { 0: 12, 1: 7 } });
  const answer = await ask({ from: iso(noon - 15 * minute), step: '300' });
  expect(answer).toEqual({
    step: 300,
    times: [15, 10, 5, 0].map((ago) => iso(noon - ago * minute)),
    total: [7, 8, null, 9],
    enabled: [6, null, null, null],
    changes: [null, 3, null, 1],
    series: [
      { location: 'A', connectivity: 'wifi', counts: [3, 4, null, null] },
      { location: 'A', connectivity: null, counts: [1, 1, null, null] },
    ],
  });
  const [only, ...none] = (await ask({ from: iso(noon - 15 * minute), connectivity: 'wifi' })).series;
  expect(only).toMatchObject({ connectivity: 'wifi' });
  expect(none).toEqual([]);
  await expect(ask({ location: 'B' })).resolves.toMatchObject({ series: [] });
});

it('has the step by which the timer runs, though somebody ran it by hand', async () => {
  for (const ago of [6, 5, 4, 3, 2.5, 2, 1]) await keep(noon - ago * hour);
  await expect(ask()).resolves.toMatchObject({ step: 3600 });
  await expect(ask({ step: '86400', from: iso(noon - hour) })).resolves.toMatchObject({ step: 86_400 });
});

it('is one point where two instances count the same run, whose clocks may differ', async () => {
  await keep(noon - 40, { total: 3 });
  await keep(noon + 900, { total: 3 });
  expect(known(await ask({ to: iso(noon + hour), step: '60' }))).toEqual({ [iso(noon)]: 3 });
});

it('says nothing of changes where an Event Hub was made anew, numbers on from the time, or nothing was known', async () => {
  const from = iso(noon - 20 * minute);
  for (const [ago, reached] of [
    [20, { 0: 100 }],
    [15, { 0: 4 }],
    [10, { 0: 5 }],
    [5, { 0: 6, 1: 3 }],
    [0, { 0: 6, 1: 3 + 300_000_000 }],
  ] as const)
    await keep(noon - ago * minute, { reached });
  await keep(noon + 5 * minute);
  const { changes } = await ask({ from, step: '300', to: iso(noon + 5 * minute) });
  expect(changes).toEqual([null, null, 1, null, null, null]);
});

it('keeps every run for 14 days, the first of each hour for a year, and the first of each day', async () => {
  const start = noon - 400 * day;
  let count = 0;
  const counts = new Map<number, number>();
  // Twice an hour for a few days at a time: before a year, before 14 days, and now.
  for (const ago of [400, 399, 100, 99, 16, 15, 1]) {
    for (let at = noon - ago * day; at < noon - (ago - 1) * day; at += hour / 2) {
      counts.set(at, ++count);
      await keep(at, { total: count });
    }
  }
  const first = (ms: number) =>
    Object.fromEntries([...counts].filter(([at]) => at % ms === 0 || at === start).map(([at, n]) => [iso(at), n]));
  const within = (all: Record<string, number>, from: number, to = noon) =>
    Object.fromEntries(Object.entries(all).filter(([time]) => time >= iso(from) && time <= iso(to)));

  expect(known(await ask())).toEqual(within(first(hour / 2), noon - day));
  // Asked for too finely, both are as they were kept.
  const hours = await ask({ from: iso(noon - 100 * day), to: iso(noon - 98 * day), step: '60' });
  expect(hours.step).toBe(3600);
  expect(known(hours)).toEqual(within(first(hour), noon - 100 * day, noon - 98 * day));
  const days = await ask({ from: iso(start - day), step: '60' });
  expect(days.step).toBe(86_400);
  expect(Object.keys(known(days))).toHaveLength(11);
  expect(known(days)[iso(start - hour * 12)]).toBe(1);
  const { rows } = await tables.use('Trends', (table) => table.list({ partitionKey: 'run' }, 1000));
  expect(rows.map(({ rowKey }) => rowKey).filter((key) => key < iso(noon - 15 * day))).toEqual([]);
});

it('tells a thousand groups apart, and the rest as one', async () => {
  const location = (n: number) => ({ location: `L${n}`, devices: n + 2, connectivity: { wifi: n + 1 } });
  const groups = groupsOf(Array.from({ length: 700 }, (_, n) => location(n)));
  expect(groups).toHaveLength(1000);
  expect(groups.reduce((sum, { devices }) => sum + devices, 0)).toBe((700 * 703) / 2);
  await keep(noon - 5 * minute, { groups });
  await keep(noon, { groups: groupsOf([location(699), location(600)]) });
  const { series } = await ask({ from: iso(noon - 5 * minute), step: '300' });
  expect(series).toHaveLength(1000);
  const of = (name: string | null) =>
    series.find((each) => each.location === name && each.connectivity === null)?.counts;
  // One that has no place of its own is among the others, and may have been before.
  expect(of('L600')).toBeUndefined();
  expect(of(null)).toEqual([groups.at(-1)?.devices, 2]);
  expect(of('L1')).toEqual([1, 0]);
  expect(series.find(({ location }) => location === 'L699')?.counts).toEqual([700, 700]);
});

it.each([
  [{ from: 'yesterday' }, 'from'],
  [{ from: iso(noon), to: iso(noon) }, 'from'],
  [{ step: '59' }, 'step'],
  [{ location: '' }, 'location'],
])('refuses %j', async (query, path) => {
  const answer = await call(endpoint(trends, services), { method: 'GET', query: query as Record<string, string> });
  expect(answer).toMatchObject({ status: 400, body: { path } });
});

describe('runs of the timer', () => {
  let members: MembersSetup;

  beforeAll(async () => {
    members = await startMembers();
  });
  afterAll(() => members.emulator.stop());

  it('keep what they counted, once where two run at a time', async () => {
    await members.create('a', 'b');
    await members.tag('a', 'PlantA');
    await members.tell('a', { tags: { location: { plant: 'PlantA' } } });
    await Promise.all([members.run(), members.run()]);
    const query = { step: '60' };
    const { body } = await call(endpoint(trends, members.services), { method: 'GET', query });
    const { total, enabled, series } = body as unknown as Trends;
    const counted = total.filter((each) => each !== null);
    expect([1, 2]).toContain(counted.length);
    expect(counted.at(-1)).toBe(2);
    expect(enabled.at(-1) ?? enabled.at(-2)).toBe(2);
    expect(series).toEqual([{ location: 'PlantA', connectivity: null, counts: total.map((each) => each && 1) }]);
  });

  it('keep how far the feed is, by which the changes between them are counted', async () => {
    const message = (sequenceNumber: number) => ({ sequenceNumber, deviceId: 'a', version: sequenceNumber, second: 1 });
    await relay(instanceOn(members.tables), [message(5), message(6)], '0');
    await relay(instanceOn(members.tables), [message(9)], '1');
    await members.run();
    const points = await needRecords(members.services).trends.read(levels[0], 0, Date.now());
    expect(Object.values(points.at(-1)?.reached ?? {})).toEqual(expect.arrayContaining([6, 9]));
  });
});

import { createServices } from '../../src/app/services';
import { readSettings } from '../../src/app/settings';
import { runTwinQueries } from '../../src/functions/runTwinQueries';
import { recordingContext, servicesOf } from './functionCalls';
import { failure, json, type ScriptedHub, startScriptedHub } from './scriptedHub';

const statistics = json({ totalDeviceCount: 3, enabledDeviceCount: 2, disabledDeviceCount: 1 });
const count = (deviceCount: number) => json([{ deviceCount }]);
const ids = (from: number, length: number, token?: string) =>
  json(
    Array.from({ length }, (_, n) => ({ deviceId: `d${from + n}` })),
    { headers: token === undefined ? {} : { 'x-ms-continuation': token } },
  );

let server: ScriptedHub;
beforeAll(async () => {
  server = await startScriptedHub();
});
afterAll(() => server.stop());

async function run(env: Record<string, string> = {}): Promise<string[]> {
  const { context, logged } = recordingContext();
  await runTwinQueries(context, servicesOf(server, env));
  return logged;
}

const queries = () =>
  server.received.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body).query);

it('tells statistics and both results, with their conditions and what they cost', async () => {
  server.play(statistics, count(1), ids(1, 1), count(0));
  const lines = await run();
  expect(lines).toEqual([
    'information: registry: 3 devices, 2 enabled, 1 disabled | totalDeviceCount=3 enabledDeviceCount=2 disabledDeviceCount=1',
    expect.stringMatching(
      /^information: devices in Redmond43: 1 \(d1\), .* \| condition="tags\.location\.plant = 'Redmond43'" count=1 listed=1 more=0 ms=\d+ hubQueries=2 messages=2$/,
    ),
    expect.stringMatching(
      /^information: devices in Redmond43 using cellular: 0, .* count=0 .* hubQueries=1 messages=1$/,
    ),
  ]);
  expect(queries()).toEqual([
    "SELECT COUNT() AS deviceCount FROM devices WHERE tags.location.plant = 'Redmond43'",
    "SELECT deviceId AS deviceId FROM devices WHERE tags.location.plant = 'Redmond43'",
    expect.stringContaining("AND (properties.reported.connectivity = 'cellular')"),
  ]);
});

it('lists within its page budget, and says how many more there are', async () => {
  server.play(statistics, count(250), ids(1, 100, 'a'), ids(101, 100, 'b'), count(0));
  const [, line] = await run({ TWIN_QUERY_MAX_PAGES: '2' });
  expect(line).toContain('d199, d200, and 50 more)');
  expect(line).toContain('count=250 listed=200 more=50');
  expect(line).toContain('hubQueries=3');
});

it('keeps a line within what a log takes', async () => {
  const long = Array.from({ length: 100 }, (_, n) => ({ deviceId: `${n}`.padStart(128, 'x') }));
  const page = (token: string) => json(long, { headers: { 'x-ms-continuation': token } });
  server.play(statistics, count(500), page('a'), page('b'), page('c'), page('d'), page('e'), count(0));
  const [, line = ''] = await run();
  expect(line.length).toBeLessThan(20_000);
  expect(line).toContain('listed=126 more=374');
});

it('runs both queries where the statistics are refused, and names the right', async () => {
  server.play(failure(401, 'IotHubUnauthorizedAccess'), count(0), count(0));
  const lines = await run();
  expect(lines[0]).toMatch(/^warn.*RegistryRead/);
  expect(lines).toHaveLength(3);
});

it('runs the second query after the first one failed', async () => {
  server.play(statistics, failure(400, 'ArgumentInvalid'), count(0));
  const lines = await run();
  expect(lines[1]).toMatch(/^error: devices in Redmond43: the query failed/);
  expect(lines[2]).toMatch(/^information: devices in Redmond43 using cellular: 0/);
});

it('fails when both queries do', async () => {
  server.play(statistics, failure(400, 'ArgumentInvalid'));
  await expect(run()).rejects.toThrow('No query succeeded');
});

it.each(['TWIN_QUERY_SCHEDULE', 'TWIN_QUERY_MAX_PAGES', 'LOCATION_PATH'])('fails by an invalid %s', async (name) => {
  server.play(statistics);
  await expect(run({ [name]: '?' })).rejects.toThrow(`Setting ${name}`);
  expect(server.received).toEqual([]);
});

it('fails where no hub is configured', async () => {
  const { context } = recordingContext();
  await expect(runTwinQueries(context, createServices(readSettings({})))).rejects.toThrow('IOTHUB_CONNECTION_STRING');
});

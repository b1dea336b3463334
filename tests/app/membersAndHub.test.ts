import { tablesConnectionString } from '../../scripts/storage';
import { reactionMeans } from '../../src/app/reactionMeans';
import { createServices } from '../../src/app/services';
import { readSettings } from '../../src/app/settings';
import { relayTwinChanges } from '../../src/functions/relayTwinChanges';
import { runTwinQueries } from '../../src/functions/runTwinQueries';
import { react } from '../../src/reactions/react';
import { keepingIn, recordingContext } from './functionCalls';
import { type MembersSetup, startMembers } from './membersSetup';

let members: MembersSetup;

beforeEach(async () => {
  members = await startMembers();
});
afterEach(() => members.emulator.stop());

const { create, tag, present, run } = {
  create: (...deviceIds: string[]) => members.create(...deviceIds),
  tag: (deviceId: string, plant: string | null) => members.tag(deviceId, plant),
  present: (location: string) => members.present(location),
  run: () => members.run(),
};

const none = 'joined none; left none | joined=0 left=0';

test('members that no event told of are put right, and those who moved are told in the next run', async () => {
  await create('a', 'b', 'c');
  for (const id of ['a', 'b', 'c']) await tag(id, 'Redmond43');
  expect(await run()).toEqual([
    'information: members: put right a, b, c | listed=3 whole=true repaired=3 unread=0 drift=0',
  ]);
  expect(await present('Redmond43')).toEqual(['a', 'b', 'c']);

  await tag('a', 'Redmond44');
  await tag('b', null);
  await members.emulator.registry().delete('c');
  await create('d');
  await tag('d', 'Redmond43');
  expect(await run()).toEqual([
    'information: moves in Redmond43: joined a, b, c; left none | joined=3 left=0',
    `information: moves in Redmond43 using cellular: ${none}`,
    expect.stringMatching(
      /^information: members: put right a, b, c, d \| listed=2 whole=true repaired=4 unread=0 drift=0$/,
    ),
  ]);
  expect([await present('Redmond43'), await present('Redmond44')]).toEqual([['d'], ['a']]);
  expect(await run()).toEqual([
    'information: moves in Redmond43: joined d; left a, b, c | joined=1 left=3',
    `information: moves in Redmond43 using cellular: ${none}`,
    'information: members: put right none | listed=2 whole=true repaired=0 unread=0 drift=0',
  ]);
  expect((await run())[0]).toBe(`information: moves in Redmond43: ${none}`);
  expect(await members.comparedAt()).toMatch(/^\d{4}-/);
});

test('a listing that the page budget cuts goes on in the next run, and removes only at its end', async () => {
  members.services = members.servicesWith({ TWIN_QUERY_MAX_PAGES: '1' });
  const ids = Array.from({ length: 150 }, (_, n) => `d${String(n).padStart(3, '0')}`);
  await create(...ids);
  for (const id of ids) await tag(id, 'Redmond43');
  expect((await run()).at(-1)).toContain('listed=100 whole=false repaired=100 unread=0 drift=50');
  expect((await run()).at(-1)).toContain('listed=50 whole=true repaired=50 unread=0 drift=0');
  await members.emulator.registry().delete('d000');
  expect((await run()).at(-1)).toContain('listed=100 whole=false repaired=0 unread=0 drift=1');
  expect((await run()).at(-1)).toContain('put right d000 | listed=49 whole=true repaired=1 unread=0 drift=0');
}, 60_000);

test('tables that cannot be reached cost the queries nothing', async () => {
  const connectionString = tablesConnectionString(1);
  const settings = readSettings({ TWIN_TABLES_CONNECTION_STRING: connectionString });
  const services = { ...members.services, records: createServices(settings).records };
  const { context, logged } = recordingContext();
  await runTwinQueries(context, services);
  expect(logged[1]).toContain('devices in Redmond43: 0');
  expect(logged.slice(-4)).toEqual([
    expect.stringMatching(/^error: members: not compared.*Table Storage, Runs: ECONNREFUSED/),
    expect.stringMatching(/^error: trends: this run is not kept.*Table Storage, \w+: ECONNREFUSED/),
    expect.stringMatching(/^error: tag jobs: old ones not forgotten.*Table Storage, Runs: ECONNREFUSED/),
    expect.stringMatching(/^error: changes: old ones not forgotten.*Table Storage, Feed: ECONNREFUSED/),
  ]);
});

describe('a new device', () => {
  const createdEvent = (deviceId: string) => ({
    specversion: '1.0' as const,
    id: `hub/${deviceId}//2024-01-01T00:00:00.0000000Z/2`,
    source: 'iothub/hub',
    subject: `devices/${deviceId}`,
    time: '2024-01-01T00:00:00.0000000Z',
    type: 'DeviceTwins.DeviceCreated' as const,
    data: { version: 2 },
  });
  const tagsOf = async (deviceId: string) => (await members.emulator.registry().getTwin(deviceId)).responseBody.tags;

  test('gets its first tags where the settings say so, unless it has some', async () => {
    members.services = members.servicesWith({ TWIN_FIRST_TAGS: '{"location":{"plant":"unassigned"}}' });
    await create('fresh', 'tagged');
    await tag('tagged', 'Redmond43');
    for (const deviceId of ['fresh', 'fresh', 'tagged', 'gone'])
      await react(createdEvent(deviceId), reactionMeans(members.services));
    expect(await tagsOf('fresh')).toEqual({ location: { plant: 'unassigned' } });
    expect(await tagsOf('tagged')).toEqual({ location: { plant: 'Redmond43' } });
  });

  test('gets none by default', async () => {
    await create('fresh');
    await react(createdEvent('fresh'), reactionMeans(members.services));
    expect(await tagsOf('fresh')).toEqual({});
  });
});

test('a change whose values were too large for the topic is read from the twin', async () => {
  await create('a');
  await tag('a', 'Redmond43');
  const event = {
    specversion: '1.0' as const,
    id: 'hub/a//2024-01-01T00:00:00.0000000Z/3',
    source: 'iothub/hub',
    subject: 'devices/a',
    time: '2024-01-01T00:00:00.0000000Z',
    type: 'DeviceTwins.TwinChanged' as const,
    data: { operation: 'update' as const, version: 3, tags: {}, truncated: true as const },
  };
  await react(event, reactionMeans(members.services));
  expect(await present('Redmond43')).toEqual(['a']);
});

test('a message that is no notification is put aside, with its place and its fault', async () => {
  const settings = readSettings({
    TwinChangesTopic__topicEndpointUri: 'https://topic.example/api/events',
  });
  const { context, logged } = recordingContext({
    propertiesArray: [{ opType: 'updateTwin' }],
    sequenceNumberArray: [7],
    partitionContext: { partitionId: '3' },
  });
  expect(
    await relayTwinChanges([{ odd: 'x'.repeat(40_000) }], context, keepingIn(members.tables, createServices(settings))),
  ).toBeUndefined();
  expect(logged[0]).toContain('Notification put aside (partition 3, sequence number 7)');
  const kept = await members.tables.use('PutAside', (table) => table.get('3', '7'.padStart(20, '0')));
  expect(kept).toMatchObject({
    fault: expect.stringContaining('not a notification'),
    properties0: '{"opType":"updateTwin"}',
  });
  expect(JSON.parse(`${kept?.body0}${kept?.body1}`)).toEqual({ odd: 'x'.repeat(40_000) });
});

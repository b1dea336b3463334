import * as fc from 'fast-check';
import { reactionMeans } from '../../src/app/reactionMeans';
import { createServices, type Services } from '../../src/app/services';
import { readSettings } from '../../src/app/settings';
import type { Tables } from '../../src/azure/tables/tables';
import { parseHubNotification } from '../../src/changes/hubNotification';
import { SeenEvents } from '../../src/changes/seenEvents';
import { toTopicEvent, twinEventSchema } from '../../src/changes/topicEvent';
import { toTwinEvent } from '../../src/changes/toTwinEvent';
import { onTwinChange } from '../../src/functions/onTwinChange';
import { relayTwinChanges } from '../../src/functions/relayTwinChanges';
import { react } from '../../src/reactions/react';
import { memoryTables } from '../support/memoryTables';
import { keepingIn, recordingContext } from './functionCalls';

const env = {
  IOTHUB_HOSTNAME: 'hub.azure-devices.net',
  TwinChangesTopic__topicEndpointUri: 'https://topic.example/api/events',
};
let tables: Tables;
let services: Services;
beforeEach(() => {
  tables = memoryTables();
  services = keepingIn(tables, createServices(readSettings(env)));
});

const number = (index: number) => index.toString(16).toUpperCase().padStart(32, '0');
const timeOf = (index: number) => `2026-03-01T12:00:${String(index).padStart(2, '0')}.1230000Z`;

/** A notification of the hub: its body, and its properties. */
function connection(opType: string, index: number, more: object = {}) {
  const properties = { hubName: 'hub', deviceId: 'd1', operationTimestamp: timeOf(index), opType, ...more };
  return [{ sequenceNumber: number(index) }, properties] as const;
}

/** What comes of a notification on its way over the topic. */
function event(opType: string, index: number, more: object = {}) {
  const [body, properties] = connection(opType, index, more);
  return twinEventSchema.parse(toTopicEvent(toTwinEvent(parseHubNotification(body, properties))));
}

function tagged(plant: string | null, index: number) {
  const properties = { hubName: 'hub', deviceId: 'd1', operationTimestamp: timeOf(index), opType: 'updateTwin' };
  const body = { version: index + 2, tags: { location: { plant } } };
  return twinEventSchema.parse(toTopicEvent(toTwinEvent(parseHubNotification(body, properties))));
}

async function listed(location: string) {
  const page = await services.records()?.members.list({ location }, 10);
  return (page?.members ?? []).map(({ deviceId, connectionState, connectionStateSince }) => [
    deviceId,
    connectionState,
    connectionStateSince,
  ]);
}

test('a connection is relayed with its sequence number, and told in the log', async () => {
  const [body, properties] = connection('deviceConnected', 7);
  const { context } = recordingContext({ propertiesArray: [properties], sequenceNumberArray: [1] });
  const events = await relayTwinChanges([body], context, createServices(readSettings(env)));
  expect(events).toEqual([
    {
      specversion: '1.0',
      id: `hub/d1//${timeOf(7)}/${number(7)}`,
      source: 'iothub/hub',
      subject: 'devices/d1',
      time: timeOf(7),
      type: 'DeviceTwins.DeviceConnected',
      data: { sequenceNumber: number(7) },
    },
  ]);
  const told = recordingContext();
  await onTwinChange(events?.[0], told.context, services, new SeenEvents());
  expect(told.logged).toEqual([`information: devices/d1 connected | seen=new id=hub/d1//${timeOf(7)}/${number(7)}`]);
});

test.each([[{}], [{ sequenceNumber: '' }], [{ sequenceNumber: 'later' }], [{ sequenceNumber: 7 }]])(
  'a connection with the body %j is put aside',
  async (body) => {
    const [, properties] = connection('deviceDisconnected', 1);
    const { context, logged } = recordingContext({ propertiesArray: [properties], sequenceNumberArray: [1] });
    expect(await relayTwinChanges([body], context, services)).toBeUndefined();
    expect(logged.join()).toContain('sequenceNumber');
  },
);

test('lists and history tell who is connected, and since when', async () => {
  const means = reactionMeans(services);
  await react(tagged('A', 1), means);
  expect(await listed('A')).toEqual([['d1', undefined, undefined]]);
  await react(event('deviceConnected', 2), means);
  expect(await listed('A')).toEqual([['d1', 'Connected', timeOf(2)]]);
  await react(tagged('B', 3), means);
  expect([await listed('A'), await listed('B')]).toEqual([[], [['d1', 'Connected', timeOf(2)]]]);
  await react(event('deviceDisconnected', 4), means);
  expect(await listed('B')).toEqual([['d1', 'Disconnected', timeOf(4)]]);
  const page = await services.records()?.history.list('devices/d1', { limit: 10, unchanged: false });
  expect(page?.changes.map(({ type, time, values }) => [type.split('.')[1], time, values])).toEqual([
    ['DeviceDisconnected', timeOf(4), []],
    // What came before is known still: a connection says nothing of the twin.
    ['TwinChanged', timeOf(3), [{ path: 'tags.location.plant', before: 'A', after: 'B' }]],
    ['DeviceConnected', timeOf(2), []],
    ['TwinChanged', timeOf(1), [{ path: 'tags.location.plant', after: 'A' }]],
  ]);
});

test('those of modules are told in the history of the module alone', async () => {
  const means = reactionMeans(services);
  await react(tagged('A', 1), means);
  await react(event('deviceConnected', 2, { moduleId: 'm' }), means);
  expect(await listed('A')).toEqual([['d1', undefined, undefined]]);
  const page = await services.records()?.history.list('devices/d1/modules/m', { limit: 10, unchanged: false });
  expect(page?.changes).toMatchObject([{ type: 'DeviceTwins.DeviceConnected' }]);
});

test('a device that is made again under its id has not connected yet', async () => {
  const means = reactionMeans(services);
  await react(event('deviceConnected', 1), means);
  await react(tagged('A', 2), means);
  const gone = { hubName: 'hub', deviceId: 'd1', operationTimestamp: timeOf(3), opType: 'deleteDeviceIdentity' };
  await react(twinEventSchema.parse(toTwinEvent(parseHubNotification({}, gone))), means);
  await react(tagged('A', 4), means);
  expect(await listed('A')).toEqual([['d1', 'Disconnected', timeOf(3)]]);
});

test('the sequence number decides, in whatever order and how often events come, at the same time as moves', async () => {
  const happenings = fc.array(
    fc.oneof(
      fc.record({ index: fc.nat(20), opType: fc.constantFrom('deviceConnected', 'deviceDisconnected') }),
      fc.record({ index: fc.nat(20), plant: fc.constantFrom('A', 'B', null) }),
    ),
    { minLength: 1, maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(happenings, fc.boolean(), async (told, together) => {
      services = keepingIn(memoryTables(), createServices(readSettings(env)));
      const means = reactionMeans(services);
      // One moment, one thing that happened.
      const known = new Map(told.map((each) => [`${'plant' in each} ${each.index}`, each]));
      const events = told
        .map((each) => known.get(`${'plant' in each} ${each.index}`) ?? each)
        .map((each) => ('plant' in each ? tagged(each.plant, each.index) : event(each.opType, each.index)));
      if (together) await Promise.all(events.map((each) => react(each, means)));
      else for (const each of events) await react(each, means);
      const latest = <T extends { index: number }>(some: T[]) =>
        some.reduce<T | undefined>((last, each) => (last && last.index >= each.index ? last : each), undefined);
      const all = [...known.values()];
      const home = latest(all.flatMap((each) => ('plant' in each ? [each] : [])))?.plant;
      const last = latest(all.flatMap((each) => ('opType' in each ? [each] : [])));
      const state = last && (last.opType === 'deviceConnected' ? 'Connected' : 'Disconnected');
      const row = ['d1', state, last && timeOf(last.index)];
      for (const plant of ['A', 'B']) expect(await listed(plant)).toEqual(plant === home ? [row] : []);
    }),
  );
});

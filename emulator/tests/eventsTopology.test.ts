import { emptyTopology, parseTopology } from '../src/events/topology';

const route = { name: 'all', source: 'TwinChangeEvents', condition: 'true', eventHub: 'changes' };
const hub = { name: 'changes', partitionCount: 4, retentionHours: 24, consumerGroups: ['relay'] };
const topology = { routes: [route], eventHubs: { hubs: [hub] } };

test('what is for other readers of the file is passed over', () => {
  expect(parseTopology({ ...topology, settings: { A: 'b' } })).toEqual(topology);
});

test('a subscription has the retry policy of the service unless it says another', () => {
  const topic = { name: 'changes', subscriptions: [{ name: 'react', function: 'onChange' }] };
  expect(parseTopology({ ...emptyTopology, topic }).topic?.subscriptions).toMatchObject([
    { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 },
  ]);
});

test.each([
  [
    'a condition',
    { ...route, condition: '$body.a = 1' },
    /routes\.0\.condition: only the condition "true" is served yet/,
  ],
  ['an unknown source', { ...route, source: 'Weather' }, /routes\.0\.source: .*"TwinChangeEvents"/],
  ['an unknown Event Hub', { ...route, eventHub: 'other' }, /route 'all' leads to the unknown Event Hub 'other'/],
  ['no name', { ...route, name: undefined }, /routes\.0\.name: .*string/],
])('a route with %s is refused by its place', (_, wrong, message) => {
  expect(() => parseTopology({ ...topology, routes: [wrong] })).toThrow(message);
});

test.each([
  ['no partition', { partitionCount: 0 }, /eventHubs\.hubs\.0\.partitionCount/],
  ['more partitions than the service has', { partitionCount: 33 }, /eventHubs\.hubs\.0\.partitionCount: .*32/],
  ['more than a week to keep', { retentionHours: 169 }, /eventHubs\.hubs\.0\.retentionHours: .*168/],
])('an Event Hub with %s is refused by its place', (_, wrong, message) => {
  expect(() => parseTopology({ ...topology, eventHubs: { hubs: [{ ...hub, ...wrong }] } })).toThrow(message);
});

test.each([null, 'topology', []])('%j is refused as a whole', (wrong) => {
  expect(() => parseTopology(wrong)).toThrow(/the whole/);
});

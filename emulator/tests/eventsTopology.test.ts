import { emptyTopology, parseTopology, withRoutes } from '../src/events/topology';

const route = { name: 'all', source: 'TwinChangeEvents', condition: 'true', eventHub: 'changes' };
const hub = { name: 'changes', partitionCount: 4, retentionHours: 24, consumerGroups: ['relay'] };
const topology = { routes: [route], eventHubs: { hubs: [hub] } };

test('what is for other readers of the file is passed over', () => {
  expect(parseTopology({ ...topology, settings: { A: 'b' } })).toEqual(parseTopology(topology));
});

test('a subscription has the retry policy of the service unless it says another', () => {
  const topic = { name: 'changes', subscriptions: [{ name: 'react', function: 'onChange' }] };
  expect(parseTopology({ ...emptyTopology, topic }).topic?.subscriptions).toMatchObject([
    { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 },
  ]);
});

test.each([
  ['half a condition', { ...route, condition: 'level > ' }, /condition of the route 'all': .*Line 1:8/],
  ['an unknown function', { ...route, condition: 'is_odd(level)' }, /condition of the route 'all': .*is_odd/i],
  [
    'an unknown source',
    { ...route, source: 'Weather' },
    /routes\.0\.source: must be one of DeviceMessages, TwinChangeEvents/,
  ],
  ['an unknown Event Hub', { ...route, eventHub: 'other' }, /route 'all' leads to the unknown Event Hub 'other'/],
  ['no name', { ...route, name: undefined }, /routes\.0\.name: is missing; it must be text$/],
  ['a number for a name', { ...route, name: 1 }, /routes\.0\.name: must be text$/],
  ['a name with a space', { ...route, name: 'a b' }, /routes\.0\.name: has 1 to 64 letters, digits, '\.', '_' or '-'/],
])('a route with %s is refused by its place', (_, wrong, message) => {
  expect(() => parseTopology({ ...topology, routes: [wrong] })).toThrow(message);
});

test.each([
  ['no partition', { partitionCount: 0 }, /eventHubs\.hubs\.0\.partitionCount: must be above 0$/],
  ['half a partition', { partitionCount: 0.5 }, /partitionCount: must be a whole number$/],
  ['consumer groups that are no list', { consumerGroups: {} }, /consumerGroups: must be a list$/],
  [
    'more partitions than the service has',
    { partitionCount: 33 },
    /eventHubs\.hubs\.0\.partitionCount: must be at most 32$/,
  ],
  ['more than a week to keep', { retentionHours: 169 }, /eventHubs\.hubs\.0\.retentionHours: .*168/],
])('an Event Hub with %s is refused by its place', (_, wrong, message) => {
  expect(() => parseTopology({ ...topology, eventHubs: { hubs: [{ ...hub, ...wrong }] } })).toThrow(message);
});

test.each([
  ['neither a function nor a webhook', {}, /needs a function or a webhook/],
  ['both', { function: 'f', webhook: 'http://localhost/' }, /needs a function or a webhook/],
  [
    'an unknown operator',
    { function: 'f', advancedFilters: [{ key: 'a', operatorType: 'Odd' }] },
    /operatorType: must be one of NumberIn, /,
  ],
  ['a webhook that is none', { webhook: 'here' }, /webhook: must be a URL$/],
  [
    'half a range',
    { function: 'f', advancedFilters: [{ key: 'a', operatorType: 'NumberInRange', values: [[1]] }] },
    /values\.0: must have 2 elements or more$/,
  ],
  ['a batch past the limit', { function: 'f', maxEventsPerBatch: 5001 }, /maxEventsPerBatch: .*5000/],
])('a subscription with %s is refused by its place', (_, wrong, message) => {
  const topic = { name: 'changes', subscriptions: [{ name: 'react', ...wrong }] };
  expect(() => parseTopology({ ...topology, topic })).toThrow(message);
});

test('what is empty, or too many, is refused by its place', () => {
  const enrichment = { key: '', value: 'x', eventHubs: ['changes'] };
  expect(() => parseTopology({ ...topology, enrichments: [enrichment] })).toThrow(
    /enrichments\.0\.key: must not be empty$/,
  );
  const enrichments = Array.from({ length: 11 }, (_, n) => ({ ...enrichment, key: `k${n}` }));
  expect(() => parseTopology({ ...topology, enrichments })).toThrow(/enrichments: must have 10 elements or fewer$/);
});

test('an enrichment of an unknown Event Hub is refused', () => {
  const enrichments = [{ key: 'site', value: '$twin.tags.site', eventHubs: ['other'] }];
  expect(() => parseTopology({ ...topology, enrichments })).toThrow(/enrichment 'site' names an unknown Event Hub/);
});

test.each([null, 'topology', []])('%j is refused as a whole', (wrong) => {
  expect(() => parseTopology(wrong)).toThrow(/the whole/);
});

test('a route that is switched off can be switched on, by its name', () => {
  const off = parseTopology({ ...topology, routes: [{ ...route, isEnabled: false }] });
  expect(off.routes).toMatchObject([{ isEnabled: false }]);
  expect(withRoutes(off, []).routes).toMatchObject([{ isEnabled: false }]);
  expect(withRoutes(off, ['all']).routes).toMatchObject([{ isEnabled: true }]);
  expect(() => withRoutes(off, ['other'])).toThrow("The topology has no route 'other' to switch on.");
});

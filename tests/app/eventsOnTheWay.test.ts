import fc from 'fast-check';
import { readJson, writeJson } from '../../local-host/src/dotnet/newtonsoft';
import { toPublication } from '../../local-host/src/outputs/events';
import { endpoint } from '../../src/api/http/endpoint';
import { createServices } from '../../src/app/services';
import { readSettings } from '../../src/app/settings';
import { encodeKey } from '../../src/azure/tables/keys';
import { SeenEvents } from '../../src/changes/seenEvents';
import { twinEventSchema } from '../../src/changes/topicEvent';
import { deviceChanges } from '../../src/functions/deviceChanges';
import { onTwinChange } from '../../src/functions/onTwinChange';
import { relayTwinChanges } from '../../src/functions/relayTwinChanges';
import { memoryTables } from '../support/memoryTables';
import { call, keepingIn, recordingContext } from './functionCalls';

// What happens to events between the hub and what is kept of them.

const tables = memoryTables();
const settings = readSettings({ TwinChangesTopic__topicEndpointUri: 'https://topic.example/api/events' });
const services = keepingIn(tables, createServices(settings));
let devices = 0;

const newDevice = () => `device-${++devices}`;
const hubTime = '2026-11-29T02:32:16.8821234Z';
const propertiesOf = (deviceId: string, operationTimestamp = hubTime) => ({
  hubName: 'hub',
  deviceId,
  operationTimestamp,
  opType: 'updateTwin',
});

interface Batch {
  properties: unknown[];
  [name: string]: unknown;
}

async function relay(messages: unknown[], { properties, ...metadata }: Batch) {
  const { context, logged } = recordingContext({ propertiesArray: properties, ...metadata });
  return { events: (await relayTwinChanges(messages, context, services)) ?? [], logged, context };
}

/** The event that the relay makes of an update. */
async function eventOf(deviceId: string, update: object, operationTimestamp?: string) {
  const { events } = await relay([update], { properties: [propertiesOf(deviceId, operationTimestamp)] });
  return JSON.parse(JSON.stringify(events[0])) as { id: string; time: string; data: Record<string, unknown> };
}

async function tell(event: unknown, to = services): Promise<string[]> {
  const { context, logged } = recordingContext();
  await onTwinChange(event, context, to, new SeenEvents());
  return logged;
}

async function changesOf(deviceId: string) {
  const { body } = await call(endpoint(deviceChanges, services), { method: 'GET', params: { deviceId } });
  return (body as { changes: { time: string; version: number; values: { path: string; after: unknown }[] }[] }).changes;
}

const putAside = (partition: string, row: string) => tables.use('PutAside', (table) => table.get(partition, row));

describe('the time of an event', () => {
  it.each([
    ['as the hub wrote it', hubTime, hubTime],
    ['as the output binding publishes it', '2026-11-29T02:32:16.8821234+00:00', hubTime],
    ['as a host in New York hands it on', '2026-11-28T21:32:16.8821234-05:00', hubTime],
    ['without the zeros at its end', '2026-11-29T02:32:16.1+00:00', '2026-11-29T02:32:16.1000000Z'],
    ['without a fraction', '2026-11-29T02:32:16Z', '2026-11-29T02:32:16.0000000Z'],
    ['with more digits than the hub has', '2026-11-29T02:32:16.123456789Z', '2026-11-29T02:32:16.1234567Z'],
    ['in small letters', '2026-11-29t02:32:16.5z', '2026-11-29T02:32:16.5000000Z'],
    ['across the end of a year', '2026-12-31T23:59:59.9-00:30', '2027-01-01T00:29:59.9000000Z'],
    ['at a leap second', '2016-12-31T23:59:60Z', '2017-01-01T00:00:00.0000000Z'],
    ['early in the calendar', '0001-01-01T00:00:00Z', '0001-01-01T00:00:00.0000000Z'],
  ])('is kept in one form: %s', async (_name, time, kept) => {
    const deviceId = newDevice();
    const event = await eventOf(deviceId, { version: 3, tags: { a: 1 } });
    await tell({ ...event, id: `another publisher's, ${deviceId}`, time });
    expect(await changesOf(deviceId)).toEqual([expect.objectContaining({ time: kept, version: 3 })]);
  });

  it('is what the id says, where the two differ', async () => {
    const deviceId = newDevice();
    const event = await eventOf(deviceId, { version: 3, tags: { a: 1 } });
    await tell({ ...event, time: '2026-11-29T02:32:16.882Z' });
    expect(await changesOf(deviceId)).toEqual([expect.objectContaining({ time: hubTime })]);
  });

  it('orders changes of a device that was made again to 100 ns, in whatever spelling they come', async () => {
    const deviceId = newDevice();
    const after = await eventOf(deviceId, { version: 3, tags: { a: 'after' } }, '2026-11-29T02:32:16.8821235Z');
    const before = await eventOf(deviceId, { version: 9, tags: { a: 'before' } }, '2026-11-29T02:32:16.8821234Z');
    const seen = new SeenEvents();
    const { context, logged } = recordingContext();
    const here = (event: typeof after) => ({ ...event, time: event.time.replace('Z', '+00:00') });
    await onTwinChange(here(before), context, services, seen);
    await onTwinChange(here(after), context, services, seen);
    expect(logged).toEqual([expect.stringContaining('seen=new'), expect.stringContaining('seen=new')]);
    expect((await changesOf(deviceId)).map(({ version }) => version)).toEqual([3, 9]);
  });

  it('names one change, however it is spelled', async () => {
    const deviceId = newDevice();
    const event = await eventOf(deviceId, { version: 3, tags: { a: 1 } });
    const spelling = fc.record({
      minutes: fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 }),
      zeros: fc.integer({ min: 0, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(spelling, async ({ minutes, zeros }) => {
        const local = new Date(Date.parse('2026-11-29T02:32:16Z') + minutes * 60_000).toISOString().slice(0, 19);
        const offset = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map((n) => `${n}`.padStart(2, '0'));
        const time = `${local}.8821234${'0'.repeat(zeros)}${minutes < 0 ? '-' : '+'}${offset.join(':')}`;
        await tell({ ...event, id: 'nameless', time });
        expect(await changesOf(deviceId)).toEqual([expect.objectContaining({ time: hubTime })]);
      }),
      { numRuns: 30 },
    );
  });
});

describe('an event that cannot be read', () => {
  const noTime = [
    'tomorrow',
    '2026-11-29',
    '2026-11-29T02:32Z',
    '2026-02-30T00:00:00Z',
    '2026-11-29T24:00:00Z',
    '2026-11-29T02:32:16',
  ];

  it.each(noTime)('is put aside by its source and id: time %s', async (time) => {
    const deviceId = newDevice();
    const event = { ...(await eventOf(deviceId, { version: 3, tags: { a: 1 } })), id: `${deviceId}!`, time };
    expect(await tell(event)).toEqual([expect.stringMatching(/^error: Event put aside.*time/)]);
    const kept = await putAside('iothub=2Fhub', `${deviceId}!`);
    expect(kept).toMatchObject({ fault: expect.stringContaining('time') });
    expect(JSON.parse(String(kept?.event0))).toEqual(event);
    expect(await changesOf(deviceId)).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['another schema', { id: '1', eventType: 'Microsoft.Devices.DeviceCreated' }],
    ['nothing', null],
    ['text', 'hello'],
  ])('is put aside by a hash where it has no name: %s', async (_name, event) => {
    expect(await tell(event)).toEqual([expect.stringMatching(/^error: Event put aside/)]);
    const { rows } = await tables.use('PutAside', (table) => table.list({ partitionKey: 'nameless' }, 100));
    expect(rows.map(({ event0 }) => JSON.parse(String(event0)))).toContainEqual(event);
  });

  it('is kept whole, however large', async () => {
    const event = { source: 'elsewhere', id: newDevice(), data: 'é'.repeat(180_000) };
    await tell(event);
    const rows = await Promise.all(['', '|1', '|2', '|3'].map((part) => putAside('elsewhere', event.id + part)));
    const columns = rows.flatMap((row) => Object.entries(row ?? {})).filter(([name]) => /^event\d+$/.test(name));
    const inOrder = columns.sort(([a], [b]) => Number(a.slice(5)) - Number(b.slice(5)));
    expect(JSON.parse(inOrder.map(([, text]) => text).join(''))).toEqual(event);
  });

  it('comes again where it cannot be kept', async () => {
    const unreachable = createServices(
      readSettings({
        TWIN_TABLES_CONNECTION_STRING:
          'DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;TableEndpoint=http://127.0.0.1:1/a;',
      }),
    );
    await expect(tell({ source: 's', id: '1' }, unreachable)).rejects.toThrow('Table Storage');
  });

  it('is told of where nothing is kept', async () => {
    const forgetful = createServices(readSettings({}));
    expect(await tell(null, forgetful)).toEqual([expect.stringMatching(/^error: Event skipped/)]);
  });
});

describe('strings that look like dates', () => {
  const serviced = '2026-01-01T00:00:00+02:00';

  it('stand on the topic a second time, behind a sign that keeps readers of dates away', async () => {
    const update = {
      version: 7,
      tags: {
        at: serviced,
        site: 'A',
        list: [{ 'a.b/c': '/Date(1700000000000)/' }],
        '=sign': { [serviced]: serviced },
      },
      properties: { reported: { at: '2026-01-01', text: 'on 2026-01-01T00:00:00Z' } },
    };
    const { data } = await eventOf(newDevice(), update);
    expect(data).toEqual({
      operation: 'update',
      version: 7,
      tags: update.tags,
      reported: update.properties.reported,
      exact: [
        { path: ['tags', 'at'], text: `=${serviced}` },
        { path: ['tags', 'list', 0, 'a.b/c'], text: '=/Date(1700000000000)/' },
        { path: ['tags', '==sign', `=${serviced}`], text: `=${serviced}` },
      ],
    });
  });

  it.each([
    '9999-12-31T24:00:00Z',
    '/Date(253402300800000)/',
    '/Date(-62135596800001+0000)/',
    '/Date(9223372036854775807)/',
  ])('do not fail the delivery where a reader of dates cannot hold them: %s', async (beyond) => {
    const deviceId = newDevice();
    const event = await eventOf(deviceId, { version: 3, tags: { list: [beyond], near: '9999-12-31T23:59:59Z' } });
    expect(event.data.tags).toEqual({ list: [`=${beyond}`], near: '9999-12-31T23:59:59Z' });
    await tell(event);
    expect(await changesOf(deviceId)).toEqual([
      expect.objectContaining({ values: expect.arrayContaining([{ path: 'tags.list', after: [beyond] }]) }),
    ]);
  });

  it('cost an event without them nothing', async () => {
    const { data } = await eventOf(newDevice(), { version: 7, tags: { at: '2026-01-01', n: 1 } });
    expect(data).toEqual({ operation: 'update', version: 7, tags: { at: '2026-01-01', n: 1 } });
  });

  it('are gone with the section that was too large for the topic', async () => {
    const tags = { at: serviced };
    const reported = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`n${n}`, `2026-01-01T00:00:00.${n}Z`]));
    const { data } = await eventOf(newDevice(), { version: 7, tags, properties: { reported } });
    expect(data).toMatchObject({
      truncated: true,
      reported: {},
      exact: [{ path: ['tags', 'at'], text: `=${serviced}` }],
    });
  });

  it.each<[string, unknown]>([
    ['to nowhere', [{ path: ['tags', 'gone'], text: '=x' }]],
    ['to a number', [{ path: ['tags', 'n'], text: '=x' }]],
    ['to a section', [{ path: ['tags'], text: '=x' }]],
    ['without the sign', [{ path: ['tags', 'at'], text: 'x' }]],
    ['to what every object has', [{ path: ['tags', 'toString', 'name'], text: '=x' }]],
  ])('are not guessed where an entry leads %s', async (_name, exact) => {
    const event = await eventOf(newDevice(), { version: 7, tags: { at: 'x', n: 1 } });
    expect(await tell({ ...event, data: { ...event.data, exact } })).toEqual([
      expect.stringMatching(/^error: Event put aside.*exact/),
    ]);
  });
});

describe('whatever a twin holds', () => {
  const digits = (length: number) => fc.stringMatching(new RegExp(`^\\d{${length}}$`));
  const dateLike = fc
    .tuple(
      fc.constantFrom('0001-01-01', '2024-02-29', '2026-11-29', '9999-12-31', '2026-02-30'),
      fc.constantFrom('T', 't', ' '),
      fc.constantFrom('00:00:00', '23:59:59', '24:00:00', '12:30'),
      fc.oneof(
        fc.constant(''),
        fc.integer({ min: 1, max: 9 }).chain((n) => digits(n).map((text) => `.${text}`)),
      ),
      fc.constantFrom('', 'Z', 'z', '+00:00', '-05:00', '+14:00', '+0530', '-23:59'),
    )
    .map((parts) => parts.join(''));
  const oldDate = fc
    .tuple(fc.constantFrom('', '-'), fc.integer({ min: 1, max: 19 }).chain(digits), fc.constantFrom('', '+0200', '-05'))
    .map((parts) => `/Date(${parts.join('')})/`);
  const text = fc.oneof(
    dateLike,
    oldDate,
    dateLike.map((date) => `=${date}`),
    fc.string({ unit: 'binary' }),
  );
  const number = fc.oneof(
    fc.integer({ min: -(2 ** 52), max: 2 ** 52 }),
    fc.double({ noNaN: true, min: -(2 ** 52), max: 2 ** 52 }),
  );
  const name = fc.oneof(fc.constantFrom('__proto__', 'a.b', 'a/b', '=', '0', '$type'), text);
  const { tags } = fc.letrec<{ tags: object; value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      text,
      number,
      fc.boolean(),
      fc.array(tie('value'), { maxLength: 3 }),
      tie('tags'),
    ),
    tags: fc
      .array(fc.tuple(name, tie('value')), { minLength: 1, maxLength: 4 })
      .map((members) => Object.fromEntries(members)),
  }));

  it('comes out of the history as it is, after the real host has read and written it', async () => {
    await fc.assert(
      fc.asyncProperty(tags, async (patch) => {
        const deviceId = newDevice();
        // The body is untouched, as a string; parsed as the functions library does.
        const update = JSON.parse(JSON.stringify({ version: 3, tags: patch }));
        await tell(throughTheHost(await eventOf(deviceId, update)));
        const [change] = await changesOf(deviceId);
        expect(change?.values.map(({ path, after }) => [path, after])).toEqual(leavesOf('tags', update.tags));
      }),
      { numRuns: 300 },
    );
  });
});

/** As the output binding publishes it, and as the trigger then gives it to the function: see `tests/real/`. */
function throughTheHost(event: object): unknown {
  const published = toPublication({ json: JSON.stringify([event]) });
  const [received] = JSON.parse(writeJson(readJson(published?.body ?? '')));
  return received;
}

function leavesOf(path: string, value: unknown): [path: string, value: unknown][] {
  const members = typeof value === 'object' && value && !Array.isArray(value) ? Object.entries(value) : [];
  return members.length === 0 ? [[path, value]] : members.flatMap(([name, each]) => leavesOf(`${path}.${name}`, each));
}

it('a member named __proto__ is kept like any other', async () => {
  const deviceId = newDevice();
  await tell(await eventOf(deviceId, JSON.parse('{"version":3,"tags":{"__proto__":{"a":"2026-01-01T00:00:00Z"}}}')));
  await tell(
    await eventOf(
      deviceId,
      JSON.parse('{"version":4,"tags":{"__proto__":{"a":"2027-01-01T00:00:00Z"}}}'),
      '2026-11-29T02:32:17Z',
    ),
  );
  expect(await changesOf(deviceId)).toEqual([
    expect.objectContaining({
      values: [{ path: 'tags.__proto__.a', before: '2026-01-01T00:00:00Z', after: '2027-01-01T00:00:00Z' }],
    }),
    expect.objectContaining({ values: [{ path: 'tags.__proto__.a', after: '2026-01-01T00:00:00Z' }] }),
  ]);
});

describe('what no twin can have', () => {
  const deep = (levels: number): object => (levels === 0 ? {} : { a: deep(levels - 1) });
  const good = { version: 1, tags: {} };

  it.each<[string, object, object]>([
    ['levels that the way does not take', { version: 1, tags: deep(60) }, {}],
    ['a device id with a line break', good, { deviceId: 'a\nb' }],
    ['a device id with a slash', good, { deviceId: 'a/b' }],
    ['no device id', good, { deviceId: '' }],
    ['a module id with a slash', good, { moduleId: 'a/b' }],
    ['a hub with a line break', good, { hubName: 'a\nb' }],
    ['a version that is no whole number', { ...good, version: 1.5 }, {}],
    ['a version below zero', { ...good, version: -1 }, {}],
  ])('is put aside by the relay, and holds up nobody: %s', async (name, body, properties) => {
    const { events } = await relay([body, good], {
      properties: [{ ...propertiesOf('d'), ...properties }, propertiesOf('d')],
      sequenceNumberArray: [1, 2],
      partitionContext: { partitionId: name },
    });
    expect(events.map(({ data }) => data.version)).toEqual([1]);
    expect(await putAside(encodeKey(name), '1'.padStart(20, '0'))).toMatchObject({ fault: expect.any(String) });
  });

  it.each<[string, object]>([
    [
      'a device id with a space',
      { subject: 'devices/a b', data: { operation: 'update', version: 1, truncated: true } },
    ],
    ['a line break in its id', { id: 'a\nb' }],
    ['a version of 1e308', { data: { operation: 'update', version: 1e308, tags: {} } }],
    ['more levels than a twin', { data: { operation: 'update', version: 1, tags: deep(60) } }],
  ])('is put aside by the reaction: %s', async (_name, fault) => {
    const event = await eventOf(newDevice(), good);
    expect(await tell({ ...event, ...fault })).toEqual([expect.stringMatching(/^error: Event put aside/)]);
  });
});

it('thousands of strings that look like dates take no longer than they must', async () => {
  const strings = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`k${n}`, '/Date(9999999999999999)/']));
  const event = await eventOf(newDevice(), { version: 1, tags: {} });
  const exact = Object.entries(strings).map(([name, text]) => ({ path: ['tags', name], text: `=${text}` }));
  const tags = Object.fromEntries(Object.keys(strings).map((name) => [name, 'rewritten']));
  const looks = jest.spyOn(Object, 'fromEntries');
  const read = twinEventSchema.parse({ ...event, data: { ...event.data, tags, exact } });
  // As many objects are made as there are, not as many as there are strings.
  expect(looks.mock.calls.length).toBeLessThan(10);
  looks.mockRestore();
  expect(read.data).toEqual({ operation: 'update', version: 1, tags: strings });
});

describe('lists that are no pairs', () => {
  const foreign = { sender: 'somebody' };

  it('file nothing under another device where an empty body was dropped', async () => {
    const [a, b] = [newDevice(), newDevice()];
    const properties = [foreign, propertiesOf(a), propertiesOf(b)];
    const { events, logged } = await relay(
      [
        { version: 1, tags: {} },
        { version: 2, tags: {} },
      ],
      {
        properties,
        sequenceNumberArray: [40, 41, 42],
        partitionContext: { partitionId: 'dropped' },
      },
    );
    expect(events.map(({ subject, data }) => [subject, data.version])).toEqual([
      [`devices/${a}`, 1],
      [`devices/${b}`, 2],
    ]);
    expect(logged).toContainEqual(expect.stringContaining('put aside (partition dropped, sequence number 40)'));
    expect(await putAside('dropped', '40'.padStart(20, '0'))).toMatchObject({ body0: '""' });
  });

  it('have all put aside where it cannot be told which is whose', async () => {
    const properties = [propertiesOf('a'), propertiesOf('b'), propertiesOf('c')];
    const bodies = [
      { version: 1, tags: { n: 1 } },
      { version: 2, tags: { n: 2 } },
    ];
    const { events } = await relay(bodies, {
      properties,
      sequenceNumberArray: [50, 51, 52],
      partitionContext: { partitionId: 'unclear' },
    });
    expect(events).toEqual([]);
    const rows = await Promise.all(['50', '51'].map((n) => putAside('unclear', n.padStart(20, '0'))));
    expect(rows.map((row) => JSON.parse(String(row?.body0)))).toEqual(bodies);
    expect(JSON.parse(String(rows[0]?.properties0))).toEqual(properties);
  });

  it('an empty body that was left in its place is put aside, and its neighbours are not', async () => {
    const a = newDevice();
    const { events } = await relay(['', { version: 1, tags: {} }], {
      properties: [propertiesOf('empty'), propertiesOf(a)],
      sequenceNumberArray: [60, 61],
      partitionContext: { partitionId: 'empty' },
    });
    expect(events.map(({ subject }) => subject)).toEqual([`devices/${a}`]);
    expect(await putAside('empty', '60'.padStart(20, '0'))).toMatchObject({ body0: '""' });
  });
});

describe('what the host tells beside a batch', () => {
  it('has times in UTC that do not say so', async () => {
    const { logged } = await relay([{ version: 1, tags: {} }], {
      properties: [propertiesOf('d')],
      enqueuedTimeUtcArray: [new Date(Date.now() - 60_000).toISOString().replace('Z', '')],
    });
    const lag = Number(/lagMs=(-?\d+)/.exec(logged[0] ?? '')?.[1]);
    expect(lag).toBeGreaterThanOrEqual(60_000);
    expect(lag).toBeLessThan(120_000);
  });

  it('may have no trace: then the reaction names the invocation of the relay', async () => {
    const { context } = recordingContext({ propertiesArray: [propertiesOf('d')] }, '');
    const invocationId = '8f14e45f-ceea-467f-a0f6-1d2c3b4a5968';
    Object.assign(context, { invocationId });
    const [event] = (await relayTwinChanges([{ version: 1, tags: {} }], context, services)) ?? [];
    expect((await tell(event))[0]).toMatch(/ relayedBy=8f14e45fceea467fa0f61d2c3b4a5968$/);
  });
});

import fc from 'fast-check';
import { createServices } from '../../src/app/services';
import { readSettings } from '../../src/app/settings';
import { encodeKey } from '../../src/azure/tables/keys';
import { SeenEvents } from '../../src/changes/seenEvents';
import { onTwinChange } from '../../src/functions/onTwinChange';
import { relayTwinChanges } from '../../src/functions/relayTwinChanges';
import {
  changesOf,
  eventOf,
  hubTime,
  newDevice,
  propertiesOf,
  putAside,
  relay,
  services,
  tables,
  tell,
} from './eventsSetup';
import { recordingContext } from './functionCalls';

// What happens to events between the hub and what is kept of them.

describe('the time of an event', () => {
  it.each([
    ['as the hub wrote it', hubTime, hubTime],
    ['as the output binding publishes it', '2025-11-29T02:32:16.8821234+00:00', hubTime],
    ['as a host in New York hands it on', '2025-11-28T21:32:16.8821234-05:00', hubTime],
    ['without the zeros at its end', '2025-11-29T02:32:16.1+00:00', '2025-11-29T02:32:16.1000000Z'],
    ['without a fraction', '2025-11-29T02:32:16Z', '2025-11-29T02:32:16.0000000Z'],
    ['with more digits than the hub has', '2025-11-29T02:32:16.123456789Z', '2025-11-29T02:32:16.1234567Z'],
    ['in small letters', '2025-11-29t02:32:16.5z', '2025-11-29T02:32:16.5000000Z'],
    ['across the end of a year', '2025-12-31T23:59:59.9-00:30', '2026-01-01T00:29:59.9000000Z'],
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
    await tell({ ...event, time: '2025-11-29T02:32:16.882Z' });
    expect(await changesOf(deviceId)).toEqual([expect.objectContaining({ time: hubTime })]);
  });

  it('orders changes of a device that was made again to 100 ns, in whatever spelling they come', async () => {
    const deviceId = newDevice();
    const after = await eventOf(deviceId, { version: 3, tags: { a: 'after' } }, '2025-11-29T02:32:16.8821235Z');
    const before = await eventOf(deviceId, { version: 9, tags: { a: 'before' } }, '2025-11-29T02:32:16.8821234Z');
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
        const local = new Date(Date.parse('2025-11-29T02:32:16Z') + minutes * 60_000).toISOString().slice(0, 19);
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
    '2025-11-29',
    '2025-11-29T02:32Z',
    '2026-02-30T00:00:00Z',
    '2025-11-29T24:00:00Z',
    '2025-11-29T02:32:16',
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

import fc from 'fast-check';
import { endpoint } from '../../src/api/http/endpoint';
import { formatCursor, parseCursor } from '../../src/feed/cursor';
import { changes } from '../../src/functions/changes';
import { memoryTables } from '../support/memoryTables';
import { ask, follow, instanceOn, type Message, relay, watched } from './feedSetup';
import { call } from './functionCalls';

// The feed as an integrator reads it.

const message = (sequenceNumber: number, more: Partial<Message> = {}): Message => ({
  sequenceNumber,
  deviceId: 'd1',
  version: sequenceNumber + 2,
  second: sequenceNumber,
  ...more,
});
const messages = (count: number, from = 0) => Array.from({ length: count }, (_, n) => message(from + n));

test('tells each change with what it set, and the cursor of what comes after it', async () => {
  const app = instanceOn(memoryTables());
  await relay(app, [message(7, { tags: { location: { plant: 'A' }, old: null } })]);
  const { status, headers, body } = await ask(app);
  expect(status).toBe(200);
  expect(body).toEqual({
    changes: [
      {
        id: expect.stringMatching(/^20260101T0000070000000-9-[0-9a-f]{12}$/),
        time: '2026-01-01T00:00:07.0000000Z',
        type: 'DeviceTwins.TwinChanged',
        deviceId: 'd1',
        version: 9,
        operation: 'update',
        values: [
          { path: 'tags.location.plant', after: 'A' },
          { path: 'tags.old', after: null },
        ],
      },
    ],
    next: expect.any(String),
  });
  const { next } = body as { next: string };
  expect(headers.link).toBe(`</api/changes?after=${next}>; rel="next"`);
  expect((await ask(app, { after: next })).body).toEqual({ changes: [], next });
});

test('goes on from its cursor, in the order of each partition, and from now where that is asked for', async () => {
  const app = instanceOn(memoryTables());
  await relay(app, messages(5), '0');
  await relay(app, messages(5), '1');
  const { told, next } = await follow(app, undefined, { limit: '3' });
  expect(told.map(({ version }) => version)).toEqual([2, 2, 3, 3, 4, 4, 5, 5, 6, 6]);
  const now = (await ask(app, { after: 'now' })).body as { changes: []; next: string };
  expect(now).toEqual({ changes: [], next });
  await relay(app, messages(2, 5), '1');
  expect((await follow(app, next)).told.map(({ version }) => version)).toEqual([7, 8]);
});

test('a batch that the host relays again, and messages that are none, change nothing for a reader', async () => {
  const tables = memoryTables();
  await relay(instanceOn(tables), [message(0), message(1, { version: undefined }), message(2)]);
  const { told, next } = await follow(instanceOn(tables));
  expect(told).toHaveLength(2);
  await relay(instanceOn(tables), [message(0), message(1, { version: undefined }), message(2)]);
  expect((await follow(instanceOn(tables), next)).told).toEqual([]);
  expect((await follow(instanceOn(tables))).told).toEqual(told);
});

test('an Event Hub that was made anew counts from 0 again, and no cursor skips what it sends', async () => {
  const tables = memoryTables();
  const before = instanceOn(tables);
  await relay(before, messages(10));
  const { next } = await follow(before);
  const again = messages(3).map((each) => ({ ...each, second: each.second + 100, version: each.sequenceNumber + 50 }));
  const [one, other] = [instanceOn(tables), instanceOn(tables)];
  await relay(one, again.slice(0, 2));
  await relay(other, again);
  await relay(before, again);
  expect((await follow(one, next)).told.map(({ version }) => version)).toEqual([50, 51, 52]);
  expect((await follow(one)).told).toHaveLength(13);
});

test('the numbers of a hub that begin at microseconds go on in the same stream', async () => {
  const app = instanceOn(memoryTables());
  await relay(app, [message(1_764_383_536_882_123, { version: 3, second: 1 })]);
  const { next } = await follow(app);
  await relay(app, [message(1_764_383_999_000_000, { version: 4, second: 2 })]);
  expect((await follow(app, next)).told.map(({ version }) => version)).toEqual([4]);
});

test('a row is the same whatever its neighbours are, and one of the largest twins fits', async () => {
  const tags = { text: 'é'.repeat(20_000) };
  const alone = instanceOn(memoryTables());
  await relay(alone, [message(0, { tags })]);
  const among = instanceOn(memoryTables());
  await relay(
    among,
    messages(99).map((each) => ({ ...each, tags })),
  );
  const [first] = (await follow(alone)).told;
  const all = (await follow(among)).told;
  expect(all).toHaveLength(99);
  expect(all[0]).toEqual(first);
});

describe('filters', () => {
  const tables = memoryTables();
  const app = instanceOn(tables);
  beforeAll(async () => {
    await relay(app, [
      message(0, { deviceId: 'a', tags: { location: { plant: 'A' } } }),
      message(1, { deviceId: 'b', tags: { location: null } }),
      message(2, { deviceId: 'b', tags: { locations: 1 } }),
      message(3, { deviceId: 'a', tags: { floor: 1 } }),
    ]);
  });

  test.each([
    [{ device: 'a' }, [2, 5]],
    [{ path: 'tags.location' }, [2, 3]],
    [{ path: 'tags.location.plant' }, [2, 3]],
    [{ path: 'tags' }, [2, 3, 4, 5]],
    [{ path: 'properties.reported' }, []],
    [{ type: 'DeviceTwins.DeviceDeleted' }, []],
    [{ device: 'a', path: 'tags.floor', type: 'DeviceTwins.TwinChanged' }, [5]],
  ])('%j', async (query, versions) => {
    const { told } = await follow(app, undefined, { ...query, limit: '1' } as Record<string, string>);
    expect(told.map(({ version }) => version)).toEqual(versions);
  });

  test('what was passed over is behind the cursor', async () => {
    const { body } = await ask(app, { device: 'nobody' });
    expect(body).toMatchObject({ changes: [], next: (await follow(app)).next });
  });
});

test('an answer reads no more than 1,000 rows, and may be empty although there are more', async () => {
  const tables = memoryTables();
  const app = instanceOn(tables);
  for (let n = 0; n < 12; n++) await relay(app, messages(99, n * 99));
  await relay(app, [message(1188, { deviceId: 'last' })]);
  const { body } = await ask(app, { device: 'last' });
  expect((body as { changes: [] }).changes).toEqual([]);
  const { next } = body as { next: string };
  expect((await ask(app, { device: 'last', after: next })).body).toMatchObject({ changes: [{ deviceId: 'last' }] });
});

test('waits for a change where there is none, and reads once a second', async () => {
  let reads = 0;
  const tables = memoryTables();
  const count = (operation: string) => {
    if (operation === 'Feed.list') reads++;
  };
  const app = instanceOn(watched(tables, count));
  await relay(instanceOn(tables), messages(1));
  const { next } = await follow(app);
  const waiting = ask(app, { after: next, wait: '10' });
  await relay(instanceOn(tables), messages(1, 1));
  reads = 0;
  expect((await waiting).body).toMatchObject({ changes: [{ version: 3 }] });
  // The list of the streams, and the one stream, each time.
  expect(reads).toBeLessThanOrEqual(4);
});

test('waits from now on, too', async () => {
  const app = instanceOn(memoryTables());
  await relay(app, messages(3));
  const waiting = ask(app, { after: 'now', wait: '20' });
  await new Promise(setImmediate);
  await relay(app, messages(1, 3));
  const { body } = await waiting;
  expect((body as { changes: object[] }).changes).toMatchObject([{ version: 5 }]);
});

test.each(['location', 'foo', 'tags.', 'tags["a"]x..b', '$metadata', 'properties'])(
  'the path %s, at which no change can be, is refused',
  async (path) => {
    const app = instanceOn(memoryTables());
    expect(await ask(app, { path })).toMatchObject({ status: 400, body: { path: 'path' } });
  },
);

test('a path may begin as one of a query does', async () => {
  const app = instanceOn(memoryTables());
  expect(await ask(app, { path: 'properties.reported.battery' })).toMatchObject({ status: 200 });
});

test('a parameter that is given twice is refused, for the host makes one text of both', async () => {
  const url = 'http://localhost/api/changes?device=a&device=b';
  const answer = await call(endpoint(changes, instanceOn(memoryTables())), {
    method: 'GET',
    url,
    query: { device: 'a,b' },
  });
  expect(answer).toMatchObject({ status: 400, body: { detail: 'device is given twice.', path: 'device' } });
});

test('a wait ends when its time is over', async () => {
  expect((await ask(instanceOn(memoryTables()), { wait: '1' })).body).toEqual({ changes: [], next: '0' });
});

test('NDJSON has a change a line, and the cursor in its link', async () => {
  const app = instanceOn(memoryTables());
  await relay(app, messages(2));
  const { headers, body } = await ask(app, {}, 'application/x-ndjson');
  expect(headers['content-type']).toBe('application/x-ndjson');
  expect(headers.link).toContain(`after=${(await follow(app)).next}`);
  expect(
    String(body)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).version),
  ).toEqual([2, 3]);
});

test.each([
  [{ after: 'x' }],
  [{ after: 'abcdefgh.1~' }],
  [{ wait: '26' }],
  [{ type: 'TwinChanged' }],
  [{ device: 'a/b' }],
  [{ limit: '1001' }],
])('%j is refused', async (query) => {
  expect((await ask(instanceOn(memoryTables()), query as unknown as Record<string, string>)).status).toBe(400);
});

test('a cursor is the text of itself', () => {
  const places = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map((number) => String(number).padStart(20, '0'));
  const ids = fc.stringMatching(/^[\w-]{8}$/);
  fc.assert(
    fc.property(fc.dictionary(ids, places), (cursor) => {
      const map = new Map(Object.entries(cursor));
      expect(parseCursor(formatCursor(map))).toEqual(map);
      expect(encodeURIComponent(formatCursor(map))).toBe(formatCursor(map));
    }),
  );
});

test('without tables there is no feed, and the relay does without it', async () => {
  const app = { ...instanceOn(memoryTables()), records: () => undefined };
  expect(await relay(app, messages(1))).toHaveLength(1);
  expect((await call(endpoint(changes, app), { method: 'GET' })).status).toBe(500);
});

test('a batch is one operation of storage, 99 events together', async () => {
  const operations: string[] = [];
  const app = instanceOn(watched(memoryTables(), (operation) => void operations.push(operation)));
  await relay(app, messages(99));
  operations.length = 0;
  await relay(app, messages(99, 99));
  expect(operations).toEqual(['Feed.putAll']);
});

import fc from 'fast-check';
import { tablesConnectionString } from '../../scripts/storage';
import { endpoint, type Serve } from '../../src/api/http/endpoint';
import { reactionMeans } from '../../src/app/reactionMeans';
import { createServices, type Services } from '../../src/app/services';
import { readSettings } from '../../src/app/settings';
import { encodeKey } from '../../src/azure/tables/keys';
import type { Tables } from '../../src/azure/tables/tables';
import type { TwinEvent } from '../../src/changes/twinEvent';
import { deviceChanges } from '../../src/functions/deviceChanges';
import { locationDevices } from '../../src/functions/locationDevices';
import { locations } from '../../src/functions/locations';
import type { Json } from '../../src/json';
import { Members } from '../../src/members/members';
import { react } from '../../src/reactions/react';
import { memoryTables } from '../support/memoryTables';
import { call, keepingIn } from './functionCalls';

const tables = memoryTables();
const services = keepingIn(tables, createServices(readSettings({})));
let devices = 0;

/** No test sees the devices of another. */
const newDevice = () => `d/${++devices}`.replace('/', "'#");

interface Happening {
  /** 100 ns after the epoch of these tests: orders what happened. */
  tick: number;
  version: number;
  what: 'Created' | 'Deleted' | { operation?: 'replace'; tags?: Json; reported?: Json; truncated?: true };
}

function eventOf(deviceId: string, { tick, version, what }: Happening): TwinEvent {
  const time = `2024-01-01T00:00:00.${String(tick).padStart(7, '0')}Z`;
  const envelope = {
    specversion: '1.0',
    id: `hub/${deviceId}//${time}/${version}`,
    source: 'iothub/hub',
    subject: `devices/${deviceId}`,
    time,
  } as const;
  if (typeof what === 'string') return { ...envelope, type: `DeviceTwins.Device${what}`, data: { version } };
  const data = { operation: 'update', version, ...what } as Extract<
    TwinEvent,
    { data: { operation: unknown } }
  >['data'];
  return { ...envelope, type: 'DeviceTwins.TwinChanged', data };
}

const get = (handler: Serve<Services>, params: Record<string, string>, query = {}) =>
  call(endpoint(handler, services), { method: 'GET', params, query });

const at = (plant: string | null) => ({ location: { plant } });

async function membersOf(location: string, connectivity?: string): Promise<string[]> {
  const { body } = await get(
    locationDevices,
    {},
    { location, ...(connectivity === undefined ? {} : { connectivity }) },
  );
  return (body as { devices: { deviceId: string }[] }).devices.map(({ deviceId }) => deviceId);
}

describe('the history of a device', () => {
  test('tells each change once, newest first, with the values before and after', async () => {
    const deviceId = newDevice();
    const happenings: Happening[] = [
      { tick: 1, version: 2, what: 'Created' },
      { tick: 2, version: 3, what: { tags: at('A') } },
      { tick: 3, version: 6, what: { tags: at('B'), reported: { level: 1 } } },
      { tick: 4, version: 7, what: { operation: 'replace', tags: { site: 'C' } } },
      { tick: 5, version: 8, what: { reported: { level: null } } },
    ];
    for (const index of [3, 0, 2, 2, 4, 1]) {
      const happening = happenings[index];
      if (happening) await react(eventOf(deviceId, happening), reactionMeans(services));
    }
    const { body } = await get(deviceChanges, { deviceId });
    expect(body).toEqual({
      deviceId,
      changes: [
        { version: 8, previousVersion: 7, values: [{ path: 'reported.level', before: 1, after: null }] },
        {
          version: 7,
          previousVersion: 6,
          values: [
            { path: 'tags.site', before: null, after: 'C' },
            { path: 'tags.location.plant', before: 'B', after: null },
          ],
        },
        {
          version: 6,
          previousVersion: 3,
          coalesced: true,
          values: [
            { path: 'tags.location.plant', before: 'A', after: 'B' },
            { path: 'reported.level', before: null, after: 1 },
          ],
        },
        { version: 3, previousVersion: 2, values: [{ path: 'tags.location.plant', before: null, after: 'A' }] },
        { version: 2, values: [] },
      ].map((change) => expect.objectContaining(change)),
    });
  });

  test('does not tell a value before that nothing tells', async () => {
    const deviceId = newDevice();
    await react(eventOf(deviceId, { tick: 2, version: 9, what: { tags: { site: 'A' } } }), reactionMeans(services));
    const { body } = await get(deviceChanges, { deviceId });
    expect(body).toMatchObject({ changes: [{ values: [{ path: 'tags.site', after: 'A' }] }] });
    expect(JSON.stringify(body)).not.toMatch(/before|previousVersion|coalesced/);
  });

  test('is read page by page', async () => {
    const deviceId = newDevice();
    for (let n = 1; n <= 7; n++) {
      await react(eventOf(deviceId, { tick: n, version: n, what: { reported: { n } } }), reactionMeans(services));
    }
    const versions: number[] = [];
    let continuation: string | undefined;
    do {
      const query = { limit: '3', ...(continuation === undefined ? {} : { continuation }) };
      const { body } = await get(deviceChanges, { deviceId }, query);
      const page = body as { changes: { version: number; values: { before?: number }[] }[]; continuation?: string };
      for (const { version, values } of page.changes) {
        versions.push(version);
        expect(values[0]?.before).toBe(version > 1 ? version - 1 : undefined);
      }
      continuation = page.continuation;
    } while (continuation !== undefined);
    expect(versions).toEqual([7, 6, 5, 4, 3, 2, 1]);
  });

  test('leaves out writes that changed nothing, unless they are asked for', async () => {
    const deviceId = newDevice();
    const whats: Happening['what'][] = [
      'Created',
      { reported: { level: 1, list: [1, { a: 2 }] } },
      { reported: { level: 1, list: [1, { a: 2 }] } },
      { tags: {} },
      { operation: 'replace', reported: { level: 1, list: [1, { a: 2 }] } },
      { reported: { level: 1, other: 1 } },
      { reported: { gone: null } },
      { truncated: true, reported: {} },
      { reported: { level: 1 } },
    ];
    for (const [index, what] of whats.entries()) {
      await services.records()?.history.keep(eventOf(deviceId, { tick: index + 1, version: index + 1, what }));
    }
    const versions = async (query: Record<string, string>) => {
      const { body } = await get(deviceChanges, { deviceId }, query);
      return (body as { changes: { version: number }[] }).changes.map(({ version }) => version);
    };
    // After one that was truncated nothing is known, so the last may have changed something.
    await expect(versions({})).resolves.toEqual([9, 8, 6, 2, 1]);
    await expect(versions({ unchanged: 'true' })).resolves.toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
  });

  test('is led through to its end where most writes changed nothing', async () => {
    const deviceId = newDevice();
    for (let n = 1; n <= 1200; n++) {
      const what = { reported: { level: Math.floor(n / 400) } };
      await services.records()?.history.keep(eventOf(deviceId, { tick: n, version: n, what }));
    }
    const versions: number[] = [];
    let query: Record<string, string> | undefined = { limit: '2' };
    while (query) {
      const { body, headers } = await get(deviceChanges, { deviceId }, query);
      versions.push(...(body as { changes: { version: number }[] }).changes.map(({ version }) => version));
      const [, next] = /^<(.*)>; rel="next"$/.exec(headers.link ?? '') ?? [];
      query = next === undefined ? next : Object.fromEntries(new URL(next, 'http://localhost').searchParams);
    }
    expect(versions).toEqual([1200, 800, 400, 1]);
  });

  test('keeps a change of the largest size', async () => {
    const deviceId = newDevice();
    const tags = Object.fromEntries(Array.from({ length: 15 }, (_, n) => [`t${n}`, 'é'.repeat(4000)]));
    await react(eventOf(deviceId, { tick: 1, version: 2, what: { tags } }), reactionMeans(services));
    const { body } = await get(deviceChanges, { deviceId });
    expect(body).toMatchObject({ changes: [{ values: Object.values(tags).map((after) => ({ after })) }] });
  });

  test.each([
    ['limit', { limit: '101' }],
    ['continuation', { continuation: "x' or '1" }],
  ])('refuses a bad %s', async (path, query) => {
    const { status, body } = await get(deviceChanges, { deviceId: newDevice() }, query);
    expect([status, body]).toEqual([400, expect.objectContaining({ path })]);
  });
});

describe('the members of a location', () => {
  test('follow what devices become', async () => {
    const deviceId = newDevice();
    const steps: [Happening, string[], string[]][] = [
      [{ tick: 1, version: 2, what: { tags: at('follow/1') } }, [deviceId], []],
      [{ tick: 2, version: 3, what: { reported: { connectivity: 'cellular' } } }, [deviceId], [deviceId]],
      [{ tick: 3, version: 4, what: { reported: { connectivity: 'wifi' } } }, [deviceId], []],
      [{ tick: 4, version: 5, what: { operation: 'replace', reported: {} } }, [deviceId], []],
      [{ tick: 5, version: 6, what: { tags: { location: null } } }, [], []],
      [{ tick: 6, version: 7, what: { tags: at('follow/1') } }, [deviceId], []],
      [{ tick: 7, version: 8, what: 'Deleted' }, [], []],
      [{ tick: 8, version: 2, what: 'Created' }, [], []],
      [{ tick: 9, version: 3, what: { tags: at('follow/1') } }, [deviceId], []],
    ];
    for (const [happening, located, cellular] of steps) {
      await react(eventOf(deviceId, happening), reactionMeans(services));
      expect([await membersOf('follow/1'), await membersOf('follow/1', 'cellular')]).toEqual([located, cellular]);
    }
  });

  test('are right where the telling of a change was cut off, its last write came late, and it is told again', async () => {
    const deviceId = newDevice();
    const [first, second, third] = ['cut1', 'cut2', 'cut3'].map((plant, index) =>
      eventOf(deviceId, { tick: index + 1, version: index + 2, what: { tags: at(plant) } }),
    ) as [TwinEvent, TwinEvent, TwinEvent];
    await react(first, reactionMeans(services));
    const store = tables;
    const cutOff: Pick<Tables, 'use'> = {
      use: (name, action) => (name === 'Members' ? Promise.reject(new Error('killed')) : store.use(name, action)),
    };
    const feed = { write: async () => {} };
    await expect(new Members(cutOff, 'Redmond43', feed).hear(second, { location: 'cut2' })).rejects.toThrow('killed');
    await react(third, reactionMeans(services));
    const now = new Date().toISOString();
    const late = { deviceId, location: 'cut2', since: now, movedAt: now, isPresent: true };
    await store.use('Members', (table) =>
      table.put({ partitionKey: 'cut2', rowKey: `|${encodeKey(deviceId)}`, ...late }),
    );
    expect(await membersOf('cut2')).toEqual([deviceId]);
    await react(second, reactionMeans(services));
    expect([await membersOf('cut1'), await membersOf('cut2'), await membersOf('cut3')]).toEqual([[], [], [deviceId]]);
  });

  test('are counted', async () => {
    const [a, b] = [newDevice(), newDevice()];
    await react(eventOf(a, { tick: 1, version: 2, what: { tags: at('counted') } }), reactionMeans(services));
    await react(eventOf(b, { tick: 1, version: 2, what: { tags: at('counted') } }), reactionMeans(services));
    await react(
      eventOf(b, { tick: 2, version: 3, what: { reported: { connectivity: 'wifi' } } }),
      reactionMeans(services),
    );
    const { body } = await get(locations, {});
    expect(body).toMatchObject({
      comparedAt: null,
      locations: expect.arrayContaining([{ location: 'counted', devices: 2, connectivity: { wifi: 1 } }]),
    });
  });

  const place = fc.constantFrom('p1', 'p2', null);
  const change = fc.oneof(
    { weight: 5, arbitrary: place.map((plant) => ({ tags: at(plant) })) },
    {
      weight: 5,
      arbitrary: fc.constantFrom('wifi', 'cellular', null).map((connectivity) => ({ reported: { connectivity } })),
    },
    {
      weight: 1,
      arbitrary: place.map((plant) => ({ operation: 'replace' as const, tags: plant === null ? {} : at(plant) })),
    },
    { weight: 2, arbitrary: fc.constant('again' as const) },
  );

  test('are right whatever the order, the repetition and the haste in which events come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(fc.nat()),
        async (lives, dice) => {
          const deviceId = newDevice();
          const happenings: Happening[] = [];
          let truth: { plant: string | null; connectivity: string | null } = { plant: null, connectivity: null };
          let version = 2;
          for (const what of lives) {
            const tick = happenings.length;
            if (what === 'again') {
              happenings.push({ tick, version, what: 'Deleted' }, { tick: tick + 1, version: 2, what: 'Created' });
              truth = { plant: null, connectivity: null };
              version = 2;
              continue;
            }
            happenings.push({ tick, version: ++version, what });
            if ('reported' in what) truth.connectivity = what.reported.connectivity;
            else truth.plant = 'location' in what.tags ? what.tags.location.plant : null;
          }
          const told = [...happenings, ...happenings.slice(0, 3)]
            .map((happening) => ({ happening, die: dice.next().value }))
            .sort((a, b) => a.die - b.die);
          await Promise.all(told.map(({ happening }) => react(eventOf(deviceId, happening), reactionMeans(services))));
          const found: unknown[] = [];
          for (const plant of ['p1', 'p2']) {
            for (const connectivity of ['wifi', 'cellular']) {
              if ((await membersOf(plant, connectivity)).includes(deviceId)) found.push({ plant, connectivity });
            }
            const isHere = (await membersOf(plant)).includes(deviceId);
            expect([plant, isHere]).toEqual([plant, plant === truth.plant]);
          }
          expect(found).toEqual(truth.plant !== null && truth.connectivity !== null ? [truth] : []);
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);
});

test('what keeps nothing says which setting is missing', async () => {
  const nothing = createServices(readSettings({}));
  const { status, body } = await call(endpoint(locations, nothing), { method: 'GET' });
  expect([status, body]).toEqual([
    500,
    expect.objectContaining({ detail: expect.stringContaining('TWIN_TABLES_ENDPOINT') }),
  ]);
});

test('tables that cannot be reached: 503 for a caller, another try for an event, and no key in the error', async () => {
  const connectionString = tablesConnectionString(1);
  const unreachable = createServices(readSettings({ TWIN_TABLES_CONNECTION_STRING: connectionString }));
  const { status, body, headers } = await call(endpoint(locations, unreachable), { method: 'GET' });
  expect([status, headers['retry-after']]).toEqual([503, '5']);
  expect(body).toMatchObject({ detail: expect.stringMatching(/^Table Storage, Members: ECONNREFUSED/) });
  const reaction = react(eventOf('d', { tick: 1, version: 2, what: { tags: at('x') } }), reactionMeans(unreachable));
  await expect(reaction).rejects.toThrow(/^Table Storage, /);
}, 60_000);

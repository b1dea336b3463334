import fc from 'fast-check';
import { readJson, writeJson } from '../../local-host/src/dotnet/newtonsoft';
import { toPublication } from '../../local-host/src/outputs/events';
import { twinEventSchema } from '../../src/changes/topicEvent';
import { changesOf, eventOf, newDevice, tell } from './eventsSetup';

// Strings that a reader of dates on the way may rewrite.

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

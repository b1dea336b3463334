import fc from 'fast-check';
import { fitForTopic } from '../../src/changes/fitForTopic';
import type { TwinEvent } from '../../src/changes/twinEvent';

const limit = 1024 * 1024;
const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

type Section = Record<string, string>;

function event(version: number, sections: { tags?: Section; desired?: Section; reported?: Section }): TwinEvent {
  return {
    specversion: '1.0',
    id: `hub/d1//time/${version}`,
    source: 'iothub/hub',
    subject: 'devices/d1',
    time: '2022-06-01T22:27:50.261Z',
    type: 'DeviceTwins.TwinChanged',
    data: { operation: 'replace', version, ...sections },
  };
}

const full = (version: number) =>
  event(version, {
    tags: { a: 'x'.repeat(8_000) },
    desired: { a: 'x'.repeat(31_000) },
    reported: { a: 'x'.repeat(32_000) },
  });

it('leaves alone what fits', () => {
  const events = [event(1, { tags: { a: 'b' } }), event(2, { reported: { a: 'x'.repeat(60_000) } })];
  expect(fitForTopic(events)).toEqual(events);
});

it('keeps an event under 64 KB by emptying its largest section', () => {
  const [fitted] = fitForTopic([full(1)]);
  expect(fitted?.data).toMatchObject({ version: 1, tags: { a: expect.any(String) }, reported: {}, truncated: true });
  expect(bytes(fitted)).toBeLessThanOrEqual(64 * 1024);
});

it('takes a hundred of the largest twins', () => {
  const fitted = fitForTopic(Array.from({ length: 100 }, (_, version) => full(version)));
  expect(bytes(fitted)).toBeLessThanOrEqual(limit);
  expect(fitted.map(({ data }) => data.version)).toEqual(Array.from({ length: 100 }, (_, version) => version));
});

it('counts characters as a writer may that escapes all but ASCII', () => {
  const [fitted] = fitForTopic([event(1, { reported: { a: 'é'.repeat(15_000) } })]);
  expect(fitted?.data).toMatchObject({ reported: {}, truncated: true });
});

it('whatever the batch, it fits, in order, and only twins that said so lost values', () => {
  const section = fc.dictionary(
    fc.string({ maxLength: 8 }),
    fc.nat(40_000).map((length) => 'y'.repeat(length)),
    { maxKeys: 2 },
  );
  const sections = fc.record({ tags: section, desired: section, reported: section }, { requiredKeys: [] });
  fc.assert(
    fc.property(fc.array(sections, { maxLength: 60 }), (changes) => {
      const events = changes.map((change, version) => event(version, change));
      const fitted = fitForTopic(events);
      expect(bytes(fitted)).toBeLessThanOrEqual(limit);
      expect(fitted.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
      for (const [index, each] of fitted.entries()) {
        if (!('truncated' in each.data)) expect(each).toEqual(events[index]);
      }
    }),
    { numRuns: 60 },
  );
});

import fc from 'fast-check';
import { Ordered } from '../src/query/ordered';

/** Ordinals far apart and close together, so that chunks are split, merged and emptied. */
const ordinals = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 2 ** 40 }));

const sorted = (model: Map<number, number>) => [...model].sort(([one], [other]) => one - other);

/** Adds and takes away as told, each item marked with the step that added it. */
function apply(steps: readonly { add: boolean; ordinal: number }[]) {
  const list = new Ordered<{ ordinal: number; step: number }>();
  const model = new Map<number, number>();
  for (const [step, { add, ordinal }] of steps.entries()) {
    if (add) {
      list.add({ ordinal, step });
      model.set(ordinal, step);
    } else expect(list.delete(ordinal)).toBe(model.delete(ordinal));
  }
  return { list, model };
}

test('items are in order, one for each ordinal, and found from anywhere', () => {
  const steps = fc.array(fc.record({ add: fc.boolean(), ordinal: ordinals }), { maxLength: 200 });
  fc.assert(
    fc.property(steps, ordinals, (done, from) => {
      const { list, model } = apply(done);
      expect(list.size).toBe(model.size);
      expect([...list.after(0)].map(({ ordinal, step }) => [ordinal, step])).toEqual(sorted(model));
      expect([...list.after(from)].map(({ ordinal }) => ordinal)).toEqual(
        [...model.keys()].filter((ordinal) => ordinal > from).sort((one, other) => one - other),
      );
      expect(list.get(from)?.step).toBe(model.get(from));
      expect(list.has(from)).toBe(model.has(from));
    }),
  );
});

test('ten thousand come in any order and go in any other', () => {
  const count = 10_000;
  const list = new Ordered<number>();
  // 7919 and 6101 are prime: each multiple of them is another remainder.
  for (let each = 0; each < count; each++) list.add(((each * 7919) % count) + 1);
  expect([...list.after(0)]).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  for (let each = 0; each < count - 3; each++) expect(list.delete(((each * 6101) % count) + 1)).toBe(true);
  const left = [count - 3, count - 2, count - 1].map((each) => ((each * 6101) % count) + 1);
  expect([...list.after(0)]).toEqual(left.sort((one, other) => one - other));
});

test('who is on the way through sees what changes further on, and nothing twice', () => {
  const changes = fc.array(fc.record({ add: fc.boolean(), ordinal: fc.integer({ min: 1, max: 1500 }) }));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1500 }), changes, (size, made) => {
      const list = new Ordered<number>();
      const model = new Map<number, number>();
      for (let ordinal = 1; ordinal <= size; ordinal++) list.add(ordinal);
      for (let ordinal = 1; ordinal <= size; ordinal++) model.set(ordinal, 0);
      const waiting = [...made];
      let last = 0;
      for (const ordinal of list.after(0)) {
        expect(ordinal).toBe(sorted(model).find(([each]) => each > last)?.[0]);
        last = ordinal;
        const change = waiting.shift();
        if (!change) break;
        if (change.add) list.add(change.ordinal);
        else list.delete(change.ordinal);
        if (change.add) model.set(change.ordinal, 0);
        else model.delete(change.ordinal);
      }
    }),
    { numRuns: 50 },
  );
});

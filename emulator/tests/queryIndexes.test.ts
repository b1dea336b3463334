import fc from 'fast-check';
import { runQuery } from '../src/query';
import { Indexes } from '../src/query/indexes';
import { Ordered } from '../src/query/ordered';
import type { Collection, Entry } from '../src/query/source';
import type { JsonObject, QueryPage } from '../src/service/types';
import { Documents } from './support/documents';
import { printQuery } from './support/printQuery';
import { documents, type FleetChange, fleetChanges, fleetQueries } from './support/queryFleets';
import { entryOf } from './support/twinDocuments';

/** One fleet twice: with indexes and the devices' own, and without any. */
class Twice {
  readonly indexed: Documents<Entry> & Collection = Object.assign(new Documents<Entry>(), {
    ofDevice: (deviceId: string) => this.#ordinalsOf(deviceId),
  });
  readonly scanned = new Ordered<Entry>();

  constructor(fleet: readonly JsonObject[]) {
    for (const [index, document] of fleet.entries()) this.change({ ordinal: index + 1, document });
  }

  change({ ordinal, document }: FleetChange): void {
    if (document) {
      this.indexed.add(entryOf(ordinal, document));
      this.scanned.add(entryOf(ordinal, document));
    } else expect(this.indexed.delete(ordinal)).toBe(this.scanned.delete(ordinal));
  }

  #ordinalsOf(deviceId: string): number[] {
    return [...this.scanned.after(0)]
      .filter((entry) => entry.read().deviceId === deviceId)
      .map(({ ordinal }) => ordinal);
  }
}

test('index and full scan agree, whatever is asked and whatever changes in between', async () => {
  const asked = fc.record({
    query: fleetQueries,
    size: fc.integer({ min: 1, max: 5 }),
    /** Made before the first page, after it, after the second, … */
    changes: fc.array(fc.array(fleetChanges, { maxLength: 3 }), { maxLength: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(documents, { maxLength: 30 }),
      fc.array(asked, { minLength: 1, maxLength: 4 }),
      async (fleet, all) => {
        const both = new Twice(fleet);
        for (const { query, size, changes } of all) {
          const text = printQuery(query);
          const waiting = [...changes];
          let page: QueryPage | undefined;
          do {
            for (const change of waiting.shift() ?? []) both.change(change);
            const request = { maxItemCount: size, continuation: page?.continuation };
            page = await runQuery(text, { twins: both.indexed }, request);
            expect(page).toEqual(await runQuery(text, { twins: both.scanned }, request));
          } while (page.continuation !== undefined);
        }
      },
    ),
    { numRuns: 1500 },
  );
});

test('no document is given twice, whatever changes between the pages', async () => {
  const query = fc.constantFrom(
    'SELECT * FROM devices',
    'SELECT * FROM devices WHERE tags.a = 1',
    "SELECT * FROM devices WHERE tags.a IN [1, 'x'] OR tags.b = 1",
    "SELECT * FROM devices WHERE tags.a != 'x'",
  );
  const changes = fc.array(fc.array(fleetChanges, { maxLength: 5 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.array(documents, { maxLength: 30 }), query, changes, async (fleet, text, waiting) => {
      const { indexed } = new Twice([]);
      const put = (ordinal: number, document: JsonObject) => indexed.add(entryOf(ordinal, { ...document, ordinal }));
      for (const [index, document] of fleet.entries()) put(index + 1, document);
      const seen: JsonObject[] = [];
      let continuation: string | undefined;
      do {
        const page = await runQuery(text, { twins: indexed }, { maxItemCount: 2, continuation });
        seen.push(...(page.items as JsonObject[]));
        continuation = page.continuation;
        for (const { ordinal, document } of waiting.shift() ?? []) {
          if (document) put(ordinal, document);
          else indexed.delete(ordinal);
        }
      } while (continuation !== undefined);
      const ordinals = seen.map(({ ordinal }) => ordinal);
      expect(new Set(ordinals).size).toBe(ordinals.length);
    }),
    { numRuns: 300 },
  );
});

test('more paths than can be indexed at a time are answered all the same', async () => {
  const tags = (seed: number) => Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`t${at}`, (seed * at) % 3]));
  const fleet = Array.from({ length: 30 }, (_, seed) => ({ deviceId: `d${seed}`, tags: tags(seed) }));
  const both = new Twice(fleet);
  const names = Array.from({ length: 40 }, (_, at) => `tags.t${at}`);
  const queries = [
    ...names.map((name) => `SELECT COUNT() FROM devices WHERE ${name} = 1`),
    `SELECT deviceId FROM devices WHERE ${names.map((name) => `${name} = 1`).join(' OR ')}`,
    `SELECT deviceId FROM devices WHERE ${names.map((name) => `${name} IN [0, 1, 2]`).join(' AND ')}`,
  ];
  for (const [round, text] of [...queries, ...queries].entries()) {
    both.change({ ordinal: (round % 30) + 1, document: { deviceId: `r${round}`, tags: tags(round) } });
    const expected = await runQuery(text, { twins: both.scanned }, {});
    expect(await runQuery(text, { twins: both.indexed }, {})).toEqual(expected);
  }
});

test('a change is not read where nothing is indexed', () => {
  const read = jest.fn(() => ({}));
  new Indexes().changed(1, read, read);
  expect(read).not.toHaveBeenCalled();
});

import { runQuery } from '../src/query';
import { Indexes } from '../src/query/indexes';
import { Ordered } from '../src/query/ordered';
import type { Collection, Entry } from '../src/query/source';
import type { JsonObject } from '../src/service/types';

const size = 100_000;
const plants = 20;
const pageSize = 100;

/** A fleet that counts how often one of its documents is read: for the condition and then whole is once. */
class Counted extends Ordered<Entry> implements Collection {
  reads = 0;
  #latest: number | undefined;
  readonly ofDevice = (deviceId: string) => [Number(deviceId.slice(1))].filter((ordinal) => this.has(ordinal));

  constructor(readonly indexes: Indexes) {
    super();
    for (let ordinal = 1; ordinal <= size; ordinal++) this.add({ ordinal, read: () => this.#read(ordinal) });
  }

  put(ordinal: number, document: JsonObject): void {
    const before = this.get(ordinal);
    const entry = { ordinal, read: () => this.#counted(ordinal, document) };
    this.add(entry);
    this.indexes.changed(ordinal, () => before?.read() ?? {}, entry.read);
  }

  #read(ordinal: number): JsonObject {
    const tags = { plant: `p${ordinal % plants}`, half: ordinal % 2 === 0, serial: ordinal };
    const properties = { reported: { level: ordinal % 10 } };
    return this.#counted(ordinal, { deviceId: `d${ordinal}`, tags, properties });
  }

  #counted(ordinal: number, document: JsonObject): JsonObject {
    if (ordinal !== this.#latest) this.reads++;
    this.#latest = ordinal;
    return document;
  }

  /** A read of another page is another read. */
  begin(): void {
    this.#latest = undefined;
  }

  /** Reads that something costs. */
  async during(work: () => Promise<unknown>): Promise<number> {
    const before = this.reads;
    await work();
    return this.reads - before;
  }
}

const fleet = new Counted(new Indexes());

function ask(text: string, continuation?: string) {
  fleet.begin();
  return runQuery(text, { twins: fleet }, { maxItemCount: pageSize, continuation });
}

/** All pages: how many rows, and how many pages. */
async function all(text: string): Promise<{ rows: number; pages: number }> {
  let rows = 0;
  let pages = 0;
  let continuation: string | undefined;
  do {
    const page = await ask(text, continuation);
    rows += page.items.length;
    pages++;
    continuation = page.continuation;
  } while (continuation !== undefined);
  return { rows, pages };
}

test.each([
  ['every twin', 'SELECT * FROM devices', size],
  ['few twins far apart', 'SELECT * FROM devices WHERE tags.serial % 500 > 498', size / 500],
  ['twins at one end', `SELECT deviceId FROM devices WHERE tags.serial > ${size - 250}`, 250],
])('paging over %s reads each once, and once more where a page ends before it', async (_, text, expected) => {
  const found = { rows: 0, pages: 0 };
  const reads = await fleet.during(async () => Object.assign(found, await all(text)));
  expect(found.rows).toBe(expected);
  expect(reads).toBe(size + found.pages - 1);
});

describe('once its paths are indexed', () => {
  beforeAll(async () => {
    await ask("SELECT * FROM devices WHERE tags.plant = 'p0' AND tags.half = true AND tags.serial = 1");
    await ask('SELECT * FROM devices WHERE properties.reported.level = 1');
  });

  test.each([
    ["tags.plant = 'p3'", size / plants],
    ["tags.plant IN ['p3', 'p5', 'none']", (2 * size) / plants],
    ["tags.plant = 'p3' OR properties.reported.level = 4", size / plants + size / 10],
    ["tags.half AND tags.plant = 'p4'", size / plants],
    ['tags.serial = 77', 1],
    ["tags.plant = 'none'", 0],
    ["tags.plant = 'p3' AND tags.half = true", 0],
    ["deviceId = 'd500' AND tags.unheardOf = undefined", 0],
  ])('paging over %s reads its rows, and one more where a page ends', async (condition, expected) => {
    const found = { rows: 0, pages: 0 };
    const text = `SELECT * FROM devices WHERE ${condition}`;
    const reads = await fleet.during(async () => Object.assign(found, await all(text)));
    expect(found.rows).toBe(expected);
    expect(reads).toBe(expected + found.pages - 1);
  });

  test('a condition beside an equality is asked of those that meet the equality', async () => {
    const text = "SELECT * FROM devices WHERE tags.plant = 'p7' AND tags.serial > 99000";
    expect(await fleet.during(async () => expect((await all(text)).rows).toBe(50))).toBe(size / plants);
  });

  test.each([
    ['COUNT() FROM devices', [{ COUNT: size }]],
    ["COUNT() AS n FROM devices WHERE tags.plant = 'p1'", [{ n: size / plants }]],
    ["COUNT() AS n FROM devices WHERE tags.plant IN ['p1', 'p2']", [{ n: (2 * size) / plants }]],
    ["COUNT() AS n FROM devices WHERE tags.plant = 'p1' AND tags.half = true", [{ n: 0 }]],
    ["COUNT() AS n FROM devices WHERE tags.plant = 'p1' OR tags.half = true", [{ n: size / 2 + size / plants }]],
    ["COUNT() AS n FROM devices WHERE deviceId IN ['d1', 'd2', 'd0']", [{ n: 2 }]],
    [
      'tags.half AS half, COUNT() AS n FROM devices GROUP BY tags.half',
      [
        { half: false, n: size / 2 },
        { half: true, n: size / 2 },
      ],
    ],
  ])('SELECT %s reads none', async (text, items) => {
    const reads = await fleet.during(async () => expect((await ask(`SELECT ${text}`)).items).toEqual(items));
    expect(reads).toBe(0);
  });

  test('a change keeps the index', async () => {
    const document = { deviceId: 'd77', tags: { plant: 'moved', half: false, serial: 77 } };
    fleet.put(77, document);
    const reads = await fleet.during(async () => {
      expect((await ask("SELECT * FROM devices WHERE tags.plant = 'moved'")).items).toEqual([document]);
      expect((await ask("SELECT COUNT() AS n FROM devices WHERE tags.plant = 'p17'")).items).toEqual([
        { n: size / plants - 1 },
      ]);
    });
    expect(reads).toBe(1);
  });
});

test('a device is found by its id without a walk', async () => {
  const reads = await fleet.during(async () => {
    expect((await ask("SELECT * FROM devices WHERE DeviceId = 'd42'")).items).toHaveLength(1);
    expect((await ask("SELECT * FROM devices WHERE 'd42' = deviceId AND tags.unheardOf = 1")).items).toHaveLength(0);
    expect((await ask("SELECT deviceId FROM devices WHERE deviceId IN ['d9', 'd5', 'd5', 7, 'x']")).items).toEqual([
      { deviceId: 'd5' },
      { deviceId: 'd9' },
    ]);
  });
  expect(reads).toBe(4);
});

test('an index is made in one walk for all paths of a condition', async () => {
  const text = "SELECT COUNT() AS n FROM devices WHERE tags.one = 'x' OR tags.two = 'x' OR tags.three = 'x'";
  expect(await fleet.during(async () => expect((await ask(text)).items).toEqual([{ n: 0 }]))).toBe(size);
  expect(await fleet.during(() => ask(text))).toBe(0);
});

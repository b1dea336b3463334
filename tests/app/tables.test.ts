import { TableServiceClient } from '@azure/data-tables';
import fc from 'fast-check';
import { maxRowsPerTransaction, type Row, type Table } from '../../src/azure/tables/table';
import { tablesAt } from '../../src/azure/tables/tables';
import { startTables, type TestStorage } from '../support/azurite';
import { memoryTables } from '../support/memoryTables';

// One behaviour, two tables: those that most tests run on are held to Azurite's.

let storage: TestStorage;
let partitions = 0;

beforeAll(async () => {
  storage = await startTables();
});
afterAll(() => storage.stop());

const memory = memoryTables();
const kinds = {
  'in memory': () => memory,
  'of Azurite': () => tablesAt({ kind: 'key', connectionString: storage.connectionString }),
};

describe.each(Object.entries(kinds))('a table %s', (_name, tables) => {
  const use = <T>(action: (table: Table) => Promise<T>) => tables().use('Runs', action);
  const newPartition = () => `partition${String(++partitions).padStart(4, '0')}`;
  const keysOf = (rows: readonly Row[]) => rows.map(({ rowKey }) => rowKey);

  it('gives back what was put, with an etag that changes with each write, and no column that is undefined', async () => {
    const place = { partitionKey: newPartition(), rowKey: 'a' };
    await use((table) => table.put({ ...place, text: 'é', number: 1, flag: true, nothing: undefined }));
    const first = await use((table) => table.get(place.partitionKey, 'a'));
    expect(first).toEqual({ ...place, text: 'é', number: 1, flag: true, etag: expect.any(String) });
    await use((table) => table.put({ ...place, other: 'x' }));
    const second = await use((table) => table.get(place.partitionKey, 'a'));
    expect(second).toEqual({ ...place, other: 'x', etag: expect.any(String) });
    expect(second?.etag).not.toBe(first?.etag);
    expect(await use((table) => table.get(place.partitionKey, 'b'))).toBeUndefined();
  });

  it.each(['', '.', '..'])('takes the partition %j, which is that of a location of this name', async (partitionKey) => {
    const row = { partitionKey, rowKey: '|d1' };
    const etag = await use((table) => table.putIf({ ...row, n: 1 }, undefined));
    expect(await use((table) => table.putIf({ ...row, n: 2 }, etag))).toEqual(expect.any(String));
    expect(await use((table) => table.get(partitionKey, '|d1'))).toMatchObject({ n: 2 });
    const { rows } = await use((table) => table.list({ partitionKey, prefix: '|' }, 10));
    expect(rows).toMatchObject([{ ...row, n: 2 }]);
    await use((table) => table.remove(partitionKey, '|d1'));
    expect(await use((table) => table.get(partitionKey, '|d1'))).toBeUndefined();
  });

  it('finds the row of two keys alone, where others share one of them, or look like the same number', async () => {
    // Those of a run stay for the next.
    const kept = new Map<string, Row>();
    const key = fc.string({ unit: fc.constantFrom('0', '1', 'e', 'x', '.', '-', '|'), minLength: 1, maxLength: 3 });
    const place = fc.record({ partitionKey: key, rowKey: key });
    const keyOf = ({ partitionKey, rowKey }: Row) => JSON.stringify([partitionKey, rowKey]);
    const runs = fc.asyncProperty(fc.uniqueArray(place, { selector: keyOf }), async (places) => {
      // The first is only read.
      const rows = places.slice(1).map((place, n) => ({ ...place, n: kept.size + n }));
      for (const row of rows) kept.set(keyOf(row), row);
      await Promise.all(rows.map((row) => use((table) => table.put(row))));
      const read = ({ partitionKey, rowKey }: Row) => use((table) => table.get(partitionKey, rowKey));
      const found = await Promise.all(places.map(read));
      const expected = places.map((place) => kept.get(keyOf(place)));
      expect(found).toEqual(expected.map((row) => row && { ...row, etag: expect.any(String) }));
    });
    await fc.assert(runs, { numRuns: 10 });
  });

  it('writes by an etag only what is as it was read, and without one only what is new', async () => {
    const row = { partitionKey: newPartition(), rowKey: 'a' };
    const etag = await use((table) => table.putIf(row, undefined));
    expect(etag).toEqual(expect.any(String));
    expect(await use((table) => table.putIf(row, undefined))).toBeUndefined();
    const next = await use((table) => table.putIf({ ...row, n: 2 }, etag));
    expect(await use((table) => table.putIf({ ...row, n: 3 }, etag))).toBeUndefined();
    expect(await use((table) => table.get(row.partitionKey, 'a'))).toMatchObject({ n: 2, etag: next });
    expect(await use((table) => table.putIf({ ...row, rowKey: 'gone' }, etag))).toBeUndefined();
  });

  it('removes by an etag only what is as it was read; what is gone already is no fault', async () => {
    const row = { partitionKey: newPartition(), rowKey: 'a' };
    const etag = await use((table) => table.putIf(row, undefined));
    await use((table) => table.put({ ...row, n: 2 }));
    await use((table) => table.remove(row.partitionKey, 'a', etag));
    expect(await use((table) => table.get(row.partitionKey, 'a'))).toMatchObject({ n: 2 });
    await use((table) => table.remove(row.partitionKey, 'a'));
    await use((table) => table.remove(row.partitionKey, 'a'));
    expect(await use((table) => table.get(row.partitionKey, 'a'))).toBeUndefined();
  });

  it('writes with rows that it adds others, whatever was there, but only where it adds them', async () => {
    const partitionKey = newPartition();
    const add = (rowKey: string, n: number) =>
      use((table) => table.addAll([{ partitionKey, rowKey }], [{ partitionKey, rowKey: 'head', n }]));
    expect([await add('a', 1), await add('b', 2), await add('a', 3)]).toEqual([true, true, false]);
    expect(await use((table) => table.get(partitionKey, 'head'))).toMatchObject({ n: 2 });
  });

  it('adds rows all or none', async () => {
    const partitionKey = newPartition();
    const rows = ['a', 'b'].map((rowKey) => ({ partitionKey, rowKey }));
    expect(await use((table) => table.addAll(rows))).toBe(true);
    const more = ['c', 'b'].map((rowKey) => ({ partitionKey, rowKey, n: 2 }));
    expect(await use((table) => table.addAll(more))).toBe(false);
    expect(keysOf((await use((table) => table.list({ partitionKey }, 10))).rows)).toEqual(['a', 'b']);
  });

  it('lists in the order of keys, page by page, also what is more than a transaction', async () => {
    const partitionKey = newPartition();
    const count = maxRowsPerTransaction + 20;
    const rows = Array.from({ length: count }, (_, n) => ({
      partitionKey,
      rowKey: String((n * 7) % count).padStart(3, '0'),
    }));
    await use((table) => table.putAll(rows));
    const listed: string[] = [];
    let continuation: string | undefined;
    do {
      const page = await use((table) => table.list({ partitionKey }, 50, continuation));
      expect(page.rows.length).toBeLessThanOrEqual(50);
      listed.push(...keysOf(page.rows));
      continuation = page.continuation;
    } while (continuation !== undefined);
    expect(listed).toEqual(keysOf(rows).sort());
  });

  it('lists by key, prefix and columns', async () => {
    const partitionKey = newPartition();
    const row = (rowKey: string, at: string, isPresent: boolean) => ({ partitionKey, rowKey, at, isPresent });
    const rows = [
      row('a|1', '2024', true),
      row('a|2', '2025', false),
      row('a=2', '2025', true),
      row('b|1', '2026', true),
    ];
    await use((table) => table.putAll(rows));
    const list = async (range: object) =>
      keysOf((await use((table) => table.list({ partitionKey, ...range }, 10))).rows);
    expect(await list({ after: 'a|1' })).toEqual(['a|2', 'b|1']);
    expect(await list({ after: 'a|1', before: 'b|1' })).toEqual(['a|2']);
    expect(await list({ prefix: 'a|' })).toEqual(['a|1', 'a|2']);
    expect(await list({ equal: { isPresent: true } })).toEqual(['a=2', 'a|1', 'b|1']);
    expect(await list({ equal: { at: '2025' } })).toEqual(['a=2', 'a|2']);
    expect(await list({ later: { at: '2025' } })).toEqual(['b|1']);
    expect(await list({ prefix: 'a|', equal: { isPresent: false } })).toEqual(['a|2']);
    const { rows: bare } = await use((table) => table.list({ partitionKey, columns: ['at'] }, 1));
    expect(bare).toEqual([{ partitionKey, rowKey: 'a=2', at: '2025', etag: expect.any(String) }]);
  });

  it('lists what was not written since', async () => {
    const partitionKey = newPartition();
    await use((table) => table.put({ partitionKey, rowKey: 'a' }));
    const list = async (writtenBefore: Date) =>
      keysOf((await use((table) => table.list({ partitionKey, writtenBefore }, 10))).rows);
    expect(await list(new Date(Date.now() + 60_000))).toEqual(['a']);
    expect(await list(new Date(Date.now() - 60_000))).toEqual([]);
  });

  it('removes what was listed, but for what stands alone and was written since', async () => {
    const [many, alone] = [newPartition(), newPartition()];
    await use((table) => table.putAll(['a', 'b'].map((rowKey) => ({ partitionKey: many, rowKey }))));
    await use((table) => table.put({ partitionKey: alone, rowKey: 'a' }));
    const listed = await use(async (table) => [
      ...(await table.list({ partitionKey: many }, 10)).rows,
      ...(await table.list({ partitionKey: alone }, 10)).rows,
    ]);
    await use((table) => table.put({ partitionKey: alone, rowKey: 'a', n: 2 }));
    await use((table) => table.removeAll(listed));
    expect((await use((table) => table.list({ partitionKey: many }, 10))).rows).toEqual([]);
    expect(keysOf((await use((table) => table.list({ partitionKey: alone }, 10))).rows)).toEqual(['a']);
  });
});

it('a row of more than a megabyte is refused in memory as in Azure, though not by Azurite', async () => {
  const columns = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`c${n}`, 'x'.repeat(32_000)]));
  const put = memory.use('Runs', (table) => table.put({ partitionKey: 'large', rowKey: 'a', ...columns }));
  await expect(put).rejects.toThrow('larger');
});

describe('a table that somebody has deleted', () => {
  const row = { partitionKey: 'p', rowKey: 'a', n: 1 };

  it.each<[string, (table: Table) => Promise<unknown>, unknown]>([
    ['a read', (table) => table.get('p', 'a'), undefined],
    ['a write', (table) => table.put(row), undefined],
    ['a new row', (table) => table.putIf(row, undefined), expect.any(String)],
    ['a row by its etag', (table) => table.putIf(row, 'W/"x"'), undefined],
    ['rows', (table) => table.putAll([row]), undefined],
    ['new rows', (table) => table.addAll([row]), true],
    ['a removal', (table) => table.remove('p', 'a'), undefined],
    ['removals', (table) => table.removeAll([1, 2].map((n) => ({ ...row, rowKey: `${n}`, etag: '*' }))), undefined],
    ['a list', (table) => table.list({ partitionKey: 'p' }, 10), { rows: [], continuation: undefined }],
  ])('is made again for %s', async (_name, action, outcome) => {
    const tables = tablesAt({ kind: 'key', connectionString: storage.connectionString });
    await tables.use('Members', (table) => table.put(row));
    const service = TableServiceClient.fromConnectionString(storage.connectionString, {
      allowInsecureConnection: true,
    });
    await service.deleteTable('Members');
    expect(await tables.use('Members', action)).toEqual(outcome);
    await tables.use('Members', (table) => table.put(row));
    expect(await tables.use('Members', (table) => table.get('p', 'a'))).toMatchObject(row);
  });
});

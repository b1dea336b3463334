import fc from 'fast-check';
import { runQuery } from '../src/query';
import { parseCondition } from '../src/query/parse';
import { QueryError } from '../src/query/queryError';
import { printQuery } from './support/printQuery';
import { fleetQueries } from './support/queryFleets';
import { documentsOf, twinDocument } from './support/twinDocuments';

const job = (deviceId: string, jobId: string, status: string) => ({
  deviceId,
  jobId,
  jobType: 'scheduleUpdateTwin',
  status,
  createdDateTimeUtc: '2026-01-01T00:00:00.0000000Z',
  outcome: { deviceMethodResponse: null },
});

const jobs = [job('a', 'one', 'completed'), job('b', 'one', 'failed'), job('a', 'two', 'completed')];
const modules = [
  { ...twinDocument({ deviceId: 'a', reported: { status: 'scanning' } }), moduleId: 'camera' },
  { ...twinDocument({ deviceId: 'a', reported: { status: 'idle' } }), moduleId: 'door' },
  { ...twinDocument({ deviceId: 'b', reported: { status: 'scanning' } }), moduleId: 'camera' },
];
const source = {
  twins: documentsOf([{ ...twinDocument({ deviceId: 'a', tags: { plant: 'X' } }) }]),
  modules: documentsOf(modules),
  jobs: documentsOf(jobs),
};
const ask = (text: string, strict = false) => runQuery(text, source, {}, { strict });

describe('paths that begin with the collection', () => {
  test.each([
    // The search of Azure IoT Explorer (src/app/api/shared/utils.ts).
    ["SELECT deviceId FROM devices WHERE STARTSWITH(devices.deviceId, 'a')", [{ deviceId: 'a' }]],
    // The help of `az iot hub query` (azext_iot/_help.py).
    ["SELECT moduleId FROM devices.modules WHERE devices.deviceId = 'b'", [{ moduleId: 'camera' }]],
    ["SELECT Devices.Modules.moduleId FROM devices.modules WHERE deviceId = 'b'", [{ moduleId: 'camera' }]],
    ["SELECT devices.tags.plant FROM devices WHERE devices.tags.plant IN ['X']", [{ plant: 'X' }]],
    ['SELECT devices.tags.plant, COUNT() AS n FROM devices GROUP BY tags.plant', [{ plant: 'X', n: 1 }]],
    ['SELECT tags.plant, COUNT() AS n FROM devices GROUP BY devices.tags.plant', [{ plant: 'X', n: 1 }]],
    ['SELECT SUM(devices.version) AS n FROM devices', [{ n: expect.any(Number) }]],
    [
      "SELECT deviceId FROM devices WHERE NOT (devices.deviceId IN ['b']) AND -devices.version < 0",
      [{ deviceId: 'a' }],
    ],
  ])('are as without it: %s', async (text, items) => {
    expect((await ask(text)).items).toEqual(items);
  });
});

describe('devices.modules', () => {
  test('has whole twins of modules', async () => {
    const text =
      "SELECT * FROM devices.modules WHERE properties.reported.status = 'scanning' AND deviceId IN ['a', 'c']";
    expect(await ask(text)).toEqual({ itemType: 'Twin', items: [modules[0]] });
  });

  test.each([
    ["SELECT deviceId FROM devices.modules WHERE moduleId = 'camera'", [{ deviceId: 'a' }, { deviceId: 'b' }]],
    ['SELECT COUNT() AS n FROM devices.modules', [{ n: 3 }]],
    [
      'SELECT moduleId, COUNT() AS n FROM devices.modules GROUP BY moduleId',
      [
        { moduleId: 'camera', n: 2 },
        { moduleId: 'door', n: 1 },
      ],
    ],
  ])('answers %s', async (text, items) => {
    expect(await ask(text)).toEqual({ itemType: 'Raw', items });
  });
});

describe('devices.jobs', () => {
  test.each([
    ['', jobs],
    ["WHERE devices.jobs.jobId = 'one'", jobs.slice(0, 2)],
    ["WHERE devices.jobs.deviceId = 'a' AND Devices.Jobs.jobType = 'scheduleUpdateTwin'", [jobs[0], jobs[2]]],
    ["WHERE devices.jobs.status NIN ['completed']", [jobs[1]]],
    ["WHERE is_defined(devices.jobs.status) AND devices.jobs.createdDateTimeUtc > '2016-09-01'", jobs],
    ['WHERE devices.jobs.outcome.deviceMethodResponse = null', jobs],
    ["WHERE jobId = 'two'", [jobs[2]]],
    ["WHERE devices.jobs = 'two'", []],
  ])('answers SELECT * %s with rows of jobs', async (where, items) => {
    expect(await ask(`SELECT * FROM devices.jobs ${where}`)).toEqual({ itemType: 'DeviceJob', items });
  });

  test.each([
    ['SELECT deviceId FROM devices.jobs', 1, 8],
    ['SELECT COUNT() FROM devices.jobs', 1, 8],
    ['SELECT * FROM devices.jobs GROUP BY status', 1, 37],
    ["SELECT * FROM devices.jobs\nWHERE deviceId = 'a' AND tags.plant = 'X'", 2, 26],
    ['SELECT * FROM devices.jobs WHERE is_defined(devices.jobs.properties.reported.x)', 1, 45],
  ])('refuses %j at line %i, column %i', async (text, line, column) => {
    await expect(ask(text)).rejects.toThrow(expect.objectContaining({ name: 'QueryError', line, column }));
  });
});

describe('what does not fit together is refused where it stands', () => {
  test.each([
    ['SELECT COUNT(),\n tags.plant FROM devices', 2, 2],
    ['SELECT deviceId, tags.deviceId FROM devices', 1, 18],
    ['SELECT * FROM devices GROUP BY tags.plant', 1, 32],
    ['SELECT * FROM devices WHERE true AND nonsense(tags.plant)', 1, 38],
    ['SELECT * FROM devices WHERE true AND length()', 1, 38],
    ["SELECT * FROM devices WHERE STARTS_WITH(deviceId, 'a')", 1, 29],
  ])('%j at line %i, column %i', async (text, line, column) => {
    await expect(ask(text)).rejects.toThrow(expect.objectContaining({ name: 'QueryError', line, column }));
    await expect(ask(text)).rejects.toThrow(`SQL query parse failed: Line ${line}:${column} `);
  });
});

describe('strict queries', () => {
  test('take what is documented for twins', async () => {
    const text = "SELECT deviceId FROM devices WHERE is_defined(tags.plant) AND tags.plant IN ['X']";
    expect((await ask(text, true)).items).toEqual([{ deviceId: 'a' }]);
  });

  test.each([
    ["SELECT * FROM devices WHERE startswith(deviceId, 'a')", 'documented for message routing only', 29],
    ['SELECT * FROM devices WHERE NOT is_null(tags.plant)', 'documented for message routing only', 33],
    ['SELECT moduleId, COUNT() FROM devices.modules GROUP BY moduleId', 'documented for devices only', 56],
  ])('refuse %s', async (text, message, column) => {
    await ask(text);
    await expect(ask(text, true)).rejects.toThrow(message);
    await expect(ask(text, true)).rejects.toThrow(expect.objectContaining({ line: 1, column }));
  });
});

test('conditions of routes have every function, by the names that the guide gives them too', () => {
  expect(parseCondition("STARTS_WITH(a, 'x') AND endswith(b, 'y') AND abs(1) = 1")).toBeDefined();
  expect(() => parseCondition("starts_with(a, 'x')", 'strict')).toThrow(QueryError);
});

test('a query that was damaged is answered or a QueryError', async () => {
  const damage = fc.record({
    at: fc.nat(200),
    cut: fc.nat(3),
    put: fc.constantFrom('', ' ', '(', ')', ']', "'", '.', ',', '-', 'x', 'AND'),
  });
  await fc.assert(
    fc.asyncProperty(
      fleetQueries,
      fc.array(damage, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      async (query, damages, strict) => {
        let text = printQuery(query);
        for (const { at, cut, put } of damages) text = text.slice(0, at) + put + text.slice(at + cut);
        try {
          await ask(text, strict);
        } catch (error) {
          expect(error).toBeInstanceOf(QueryError);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

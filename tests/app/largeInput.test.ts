import { endpoint, type Serve } from '../../src/api/http/endpoint';
import type { Services } from '../../src/app/services';
import { queryTwins } from '../../src/functions/queryTwins';
import { tagTwin } from '../../src/functions/tagTwin';
import { memoryTables } from '../support/memoryTables';
import { call, type HttpAnswer, keepingIn, servicesOf } from './functionCalls';
import { json, type ScriptedHub, startScriptedHub } from './scriptedHub';
import { type PostOptions, post } from './tagJobsSetup';

let hub: ScriptedHub;
let services: Services;

beforeAll(async () => {
  hub = await startScriptedHub();
  services = keepingIn(memoryTables(), servicesOf(hub));
});
afterAll(() => hub.stop());
beforeEach(() => hub.play(json([])));

const csv: PostOptions = { type: 'text/csv' };
const ndjson: PostOptions = { type: 'application/x-ndjson' };
const long = 'x'.repeat(1_000_000);
const many = (count: number, each: (n: number) => string) => Array.from({ length: count }, (_, n) => each(n)).join(',');
const nested = (open: string, close: string, depth: number, inner = '1') =>
  open.repeat(depth) + inner + close.repeat(depth);

/** Refused in the time and the length of other refusals. */
async function expectShortRefusal(answer: Promise<HttpAnswer>, detail: string) {
  const { status, body, logged } = await answer;
  expect({ status, logged, body }).toEqual({
    status: 400,
    logged: [],
    body: expect.objectContaining({ detail: expect.stringContaining(detail) }),
  });
  expect(JSON.stringify(body).length).toBeLessThan(5000);
  expect(hub.received).toEqual([]);
}

describe('a body that is larger than sense', () => {
  it.each<[string, string, PostOptions, string]>([
    ['a header of 300,000 columns', `deviceId,${many(300_000, (n) => `c${n}`)}\nd1`, csv, 'has 300001 columns'],
    ['a column of a megabyte', `deviceId,a b${long}\nd1,1\n`, csv, 'in its name'],
    ['a path of a megabyte', `deviceId,tags${'.a'.repeat(500_000)}\nd1,1\n`, csv, 'nested'],
    ['a header of a megabyte that names no device', `${long}\nd1\n`, csv, 'lacks deviceId'],
    ['a cell nested 20,000 deep', `deviceId,plant\nd1,"${nested('[', ']', 20_000)}"\n`, csv, 'nested more than 10'],
    ['100,000 unknown members in a line', `{"deviceId":"d1",${many(100_000, (n) => `"m${n}":1`)}}`, ndjson, 'm0'],
    ['an unknown member of a megabyte', `{"deviceId":"d1","${long}":1}`, ndjson, 'has a member'],
    ['tags nested 20,000 deep in a line', `{"deviceId":"d1","tags":${nested('{"a":', '}', 20_000)}}`, ndjson, 'nested'],
    ['a tag whose name is a megabyte', `{"deviceIds":["d1"],"tags":{"${long}":1}}`, {}, '1024 bytes'],
    ['a forbidden tag whose name is a megabyte', `{"deviceIds":["d1"],"tags":{"a.${long}":1}}`, {}, 'in its name'],
    ['tags nested 20,000 deep', `{"deviceIds":["d1"],"tags":${nested('{"a":', '}', 20_000)}}`, {}, 'more than 10'],
    ['lists nested 20,000 deep', `{"deviceIds":["d1"],"tags":{"a":${nested('[', ']', 20_000)}}}`, {}, 'more than 10'],
    ['100,000 unknown members', `{${many(100_000, (n) => `"m${n}":1`)},"tags":{"a":1}}`, {}, 'unknown m0, m1'],
    ['100,000 ids that are none', `{"deviceIds":[${many(100_000, () => '1')}],"tags":{"a":1}}`, {}, 'deviceIds[0]'],
    ['an id of a megabyte', `{"deviceIds":["${long}"],"tags":{"a":1}}`, {}, 'A device id has'],
    [
      'a condition nested 20,000 deep',
      `{"where":${nested('{"not":', '}', 20_000)},"tags":{"a":1}}`,
      {},
      'more than 16',
    ],
    [
      'a list nested 20,000 deep in a condition',
      `{"where":{"location":${nested('[', ']', 20_000)}},"tags":{"a":1}}`,
      {},
      'string',
    ],
    [
      '100,000 values that are none in a condition',
      `{"where":{"path":"tags.a","op":"in","value":[${many(200_000, () => 'null')}]},"tags":{"a":1}}`,
      {},
      'where.value[0]',
    ],
    ['a condition whose member is a megabyte', `{"where":{"${long}":1},"tags":{"a":1}}`, {}, 'takes location'],
    [
      'a path of a condition that is a megabyte',
      `{"where":{"path":"${long}","op":"is_defined"},"tags":{"a":1}}`,
      {},
      'path',
    ],
  ])('is refused at once: %s', async (_name, body, options, detail) => {
    const start = performance.now();
    await expectShortRefusal(post(services, body, options), detail);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('is refused at once: names that say nothing about tags are not all answered', async () => {
    const members = many(100_000, (n) => `"properties.m${n}":1`);
    const line = `{"deviceId":"d1","tags":{"a":1},${members}}`;
    const { status, body } = await post(services, line, { ...ndjson, query: { dryRun: 'true' } });
    expect(status).toBe(200);
    const { ignoredColumns } = body as { ignoredColumns: string[] };
    expect(ignoredColumns).toHaveLength(101);
    expect(ignoredColumns.at(-1)).toBe('and 99900 more');
  });

  it('takes a thousand columns, and no more', async () => {
    const table = (columns: number) =>
      `deviceId,${many(columns - 1, (n) => `c${n}`)}\nd1,1${','.repeat(columns - 2)}\n`;
    const query = { dryRun: 'true' };
    await expect(post(services, table(1000), { ...csv, query })).resolves.toMatchObject({ status: 200 });
    await expectShortRefusal(post(services, table(1001), { ...csv, query }), 'at most 1000');
  });
});

it('a deep patch of one twin, and a deep condition in an address, are refused', async () => {
  const send = (serve: Serve<Services>, request: object) =>
    call(endpoint(serve, services), { method: 'GET', ...request });
  const patch = {
    method: 'PATCH',
    params: { deviceId: 'd1' },
    headers: { 'content-type': 'application/json' },
    body: { string: nested('{"a":', '}', 5000) },
  };
  await expectShortRefusal(send(tagTwin, patch), 'nested more than 10');
  await expectShortRefusal(send(queryTwins, { query: { where: nested('{"not":', '}', 900) } }), 'more than 16');
});

import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { startEmulator, type TestEmulator } from '../../emulator/tests/support/emulator';
import { endpoint, type Serve } from '../../src/api/http/endpoint';
import { queryTwinsAnswer, queryTwinsParameters } from '../../src/api/requests/queryTwinsSchemas';
import { summaryAnswer, summaryParameters } from '../../src/api/requests/summarySchemas';
import { createServices, type Services } from '../../src/app/services';
import { type Environment, readSettings } from '../../src/app/settings';
import { Hub } from '../../src/azure/hub/hub';
import { parseConnectionString } from '../../src/azure/hub/hubAddress';
import { HubConnection } from '../../src/azure/hub/hubConnection';
import { maxFields } from '../../src/conditions/chosenFields';
import { conditionSchema } from '../../src/conditions/conditionJson';
import { queryTwins } from '../../src/functions/queryTwins';
import { summary } from '../../src/functions/summary';
import { call, type HttpAnswer } from './functionCalls';

/** 240 devices: 20 of each of four plants and three connectivities; and two that have neither. */
let emulator: TestEmulator;

beforeAll(async () => {
  emulator = await startEmulator({ simulated: 240, devices: ['bare-1', 'bare-2'] });
  const registry = emulator.registry();
  await registry.updateTwin('bare-2', { tags: { note: 'a, "b"', floor: 3, empty: '', group: { Order: '7' } } }, '*');
});
afterAll(() => emulator.stop());

function servicesWith(env: Environment = {}): Services {
  const { IOTHUB_CONNECTION_STRING = '', NODE_EXTRA_CA_CERTS = '' } = emulator.hub.env;
  const connection = new HubConnection(parseConnectionString(IOTHUB_CONNECTION_STRING), {
    ca: readFileSync(NODE_EXTRA_CA_CERTS, 'utf8'),
  });
  const services = createServices(readSettings(env));
  return { ...services, hub: (deadlineMs, options) => new Hub(connection, deadlineMs, options) };
}

type Parameters = Record<string, string>;

function get(
  serve: Serve<Services>,
  path: string,
  query: Parameters,
  accept?: string,
  env?: Environment,
): Promise<HttpAnswer> {
  return call(endpoint(serve, servicesWith(env)), {
    method: 'GET',
    url: `http://localhost/api/${path}?${new URLSearchParams(query)}`,
    query,
    ...(accept === undefined ? {} : { headers: { accept } }),
  });
}

const list = (query: Parameters, accept?: string) => get(queryTwins, 'devices', query, accept);
const count = (query: Parameters, env?: Environment) => get(summary, 'summary', query, undefined, env);
const json = (condition: unknown) => JSON.stringify(condition);

/** The answer, which must be as the schema for the documents describes it. */
async function listed(query: Parameters) {
  const { status, body } = await list(query);
  expect(status).toBe(200);
  return z.parse(queryTwinsAnswer, body);
}

describe('GET /api/devices', () => {
  it('lists the devices that meet a condition of any path, with their number', async () => {
    const where = json({
      and: [
        { path: 'tags.location.region', op: '=', value: 'US' },
        { not: { connectivity: 'cellular' } },
        { path: 'deviceId', op: '<', value: 'sim-000100' },
      ],
    });
    const { devices, count, freshness } = await listed({ where, count: 'true', limit: '10' });
    expect(devices).toHaveLength(10);
    // Two of four plants, two of three connectivities, 99 ids.
    expect(count).toBe(33);
    expect(devices[0]).toEqual({ deviceId: 'sim-000002', location: 'Redmond40', connectivity: 'wifi' });
    expect(Math.abs(Date.parse(freshness.askedAt) - Date.now())).toBeLessThan(60_000);
  });

  it('adds location and connectivity to the condition', async () => {
    const where = json({ path: 'deviceId', op: '<=', value: 'sim-000012' });
    const { devices } = await listed({ location: 'Dublin2', connectivity: 'ethernet', where });
    expect(devices.map(({ deviceId }) => deviceId)).toEqual(['sim-000003']);
  });

  it('shows chosen fields where the twin has them', async () => {
    const where = json({ path: 'deviceId', op: 'in', value: ['bare-1', 'bare-2'] });
    const fields = 'tags.note,tags.group.Order, tags.group ,status,deviceId,properties.reported.connectivity,tags.note';
    const { devices } = await listed({ where, fields });
    expect(devices).toEqual([
      { deviceId: 'bare-1', location: null, connectivity: null, status: 'enabled' },
      {
        deviceId: 'bare-2',
        location: null,
        connectivity: null,
        status: 'enabled',
        tags: { note: 'a, "b"', group: { Order: '7' } },
      },
    ]);
  });

  it('leads through all pages by its links, in each content type', async () => {
    for (const accept of ['application/json', 'text/csv', 'application/x-ndjson']) {
      const found: string[] = [];
      let link: string | undefined = '</api/devices?limit=100&fields=status&code=secret>; rel="next"';
      let pages = 0;
      while (link !== undefined) {
        const target = /^<([^>]+)>; rel="next"$/.exec(link)?.[1] ?? '';
        const query = Object.fromEntries(new URL(target, 'http://localhost').searchParams);
        const { headers, body } = await list(query, accept);
        found.push(...((typeof body === 'string' ? body : json(body)).match(/sim-\d+|bare-\d/g) ?? []));
        link = headers.link;
        // The function key is a secret, and a link may be logged.
        expect(link ?? '').not.toContain('secret');
        pages++;
      }
      expect(new Set(found).size).toBe(242);
      expect(found).toHaveLength(242);
      expect(pages).toBe(3);
    }
  });

  it('goes on with the same query only', async () => {
    const first = await listed({ limit: '5', fields: 'status' });
    const continuation = first.continuation ?? '';
    const last = first.devices.at(-1)?.deviceId ?? '';
    const { devices } = await listed({ limit: '5', fields: 'status', continuation });
    expect(devices.map(({ deviceId }) => deviceId)).not.toContain(last);
    for (const other of [
      { limit: '5', fields: 'version' },
      { limit: '5' },
      { limit: '6', fields: 'status' },
      { limit: '5', fields: 'status', where: json({ location: 'Dublin2' }) },
    ]) {
      const refusal = await list({ ...other, continuation });
      expect(refusal).toMatchObject({ status: 400, body: { path: 'continuation' } });
    }
  });

  it('writes CSV by the paths, as an import reads it', async () => {
    const where = json({ path: 'deviceId', op: 'in', value: ['bare-1', 'bare-2', 'sim-000001'] });
    const fields = 'tags.note,tags.floor,tags.empty,tags.group,tags.location.plant,tags.group.Order';
    const { headers, body } = await list({ where, fields, count: 'true' }, 'text/csv');
    const [header, ...lines] = String(body).split('\r\n');
    expect(header).toBe(
      'deviceId,tags.location.plant,properties.reported.connectivity,tags.note,tags.floor,tags.empty,tags.group,tags.group.Order',
    );
    expect(lines.sort()).toEqual([
      '',
      'bare-1,,,,,,,',
      'bare-2,,,"a, ""b""",3,"""""","{""Order"":""7""}","""7"""',
      'sim-000001,Redmond43,cellular,,,,,',
    ]);
    expect(headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      vary: 'accept',
      'x-total-count': '3',
      'x-freshness': expect.stringMatching(/^queryIndex; askedAt="\d{4}-/),
    });
    expect(headers).not.toHaveProperty('link');
  });

  it('writes NDJSON, a device a line', async () => {
    const where = json({ path: 'deviceId', op: '=', value: 'bare-2' });
    const { headers, body } = await list({ where, fields: 'tags.floor' }, 'application/x-ndjson');
    expect(body).toBe('{"deviceId":"bare-2","location":null,"connectivity":null,"tags":{"floor":3}}\n');
    expect(headers).toMatchObject({ 'content-type': 'application/x-ndjson' });
  });

  it.each([
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['text/html, */*;q=0.1', 'application/json'],
    ['text/*', 'text/csv; charset=utf-8'],
    ['application/json;q=0.5, application/x-ndjson', 'application/x-ndjson'],
    ['TEXT/CSV; header=present', 'text/csv; charset=utf-8'],
    ['application/json;q=0, */*', 'text/csv; charset=utf-8'],
  ])('answers those who accept %s with %s', async (accept, type) => {
    await expect(list({ limit: '1' }, accept)).resolves.toMatchObject({ headers: { 'content-type': type } });
  });

  it.each(['text/html', 'application/xml, text/plain', 'text/csv;q=0'])(
    'refuses those who accept only %s',
    async (accept) => {
      const answer = await list({}, accept);
      expect(answer).toMatchObject({ status: 406, body: { detail: expect.stringContaining('text/csv') } });
    },
  );

  it.each<[Parameters, string, string]>([
    [{ sort: 'deviceId' }, 'sort', 'no ORDER BY'],
    [{ orderBy: 'deviceId' }, 'orderBy', 'no ORDER BY'],
    [{ where: 'location = 1' }, 'where', 'not well-formed JSON'],
    [{ where: json({ and: [{ location: 'a' }, { plant: 'b' }] }) }, 'where.and[1].plant', 'takes location'],
    [{ where: json({ path: 'tags.a b', op: '=', value: 1 }) }, 'where.path', 'not a property path'],
    [{ fields: 'tags.a,plant' }, 'fields', 'not a property path'],
    [{ fields: 'tags.a,,tags.b' }, 'fields', 'not a property path'],
    [{ fields: Array.from({ length: maxFields + 1 }, (_, n) => `tags.a${n}`).join() }, 'fields', 'more than'],
    [{ limit: '101' }, 'limit', 'is a whole number from 1 to 100'],
    [{ count: 'yes' }, 'count', 'is true or false'],
    [{ continuation: 'x' }, 'continuation', 'does not belong'],
  ])('refuses %j', async (query, path, detail) => {
    await expect(list(query)).resolves.toMatchObject({
      status: 400,
      body: { path, detail: expect.stringContaining(detail) },
    });
  });
});

describe('GET /api/summary', () => {
  async function counted(query: Parameters) {
    const { status, body } = await count(query);
    expect(status).toBe(200);
    return z.parse(summaryAnswer, body);
  }

  it('counts by location in one query, those without one too', async () => {
    const { counts, hubQueries } = await counted({});
    expect(hubQueries).toBe(1);
    expect(counts).toHaveLength(5);
    expect(counts).toEqual(
      expect.arrayContaining([
        { location: 'Redmond43', devices: 60 },
        { location: 'Singapore7', devices: 60 },
        { location: null, devices: 2 },
      ]),
    );
  });

  it('counts by connectivity, of the devices that meet a condition', async () => {
    const where = json({ path: 'tags.location.region', op: '=', value: 'US' });
    const { counts } = await counted({ by: 'connectivity', where });
    expect(counts).toHaveLength(3);
    expect(counts).toContainEqual({ connectivity: 'wifi', devices: 40 });
  });

  it('makes a table of both by a query for each connectivity', async () => {
    const { counts, hubQueries } = await counted({ by: 'location,connectivity' });
    expect(hubQueries).toBe(1 + 4);
    expect(counts).toHaveLength(4 * 3 + 1);
    expect(counts).toContainEqual({ location: 'Dublin2', connectivity: 'ethernet', devices: 20 });
    expect(counts).toContainEqual({ location: null, connectivity: null, devices: 2 });
    expect(counts.reduce((total, { devices }) => total + devices, 0)).toBe(242);
  });

  it('refuses a table of more values than queries are worth, or of objects', async () => {
    const wide = await count({ by: 'location,connectivity' }, { CONNECTIVITY_PATH: 'deviceId' });
    expect(wide).toMatchObject({ status: 400, body: { path: 'by', detail: expect.stringContaining('242 values') } });
    const objects = await count({ by: 'location,connectivity' }, { CONNECTIVITY_PATH: 'tags.location' });
    expect(objects).toMatchObject({ status: 400, body: { path: 'by', detail: expect.stringContaining('object') } });
  });

  it('refuses other dimensions', async () => {
    await expect(count({ by: 'tags.floor' })).resolves.toMatchObject({ status: 400, body: { path: 'by' } });
    await expect(count({ where: '{}' })).resolves.toMatchObject({ status: 400, body: { path: 'where' } });
  });
});

test.each(
  Object.entries({ queryTwinsParameters, queryTwinsAnswer, summaryParameters, summaryAnswer, conditionSchema }),
)('%s has a JSON Schema', (_name, schema) => {
  expect(z.toJSONSchema(schema, { io: 'input' })).toHaveProperty('$schema');
});

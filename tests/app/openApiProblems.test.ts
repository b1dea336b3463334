import { endpoint } from '../../src/api/http/endpoint';
import { openApiDocument } from '../../src/api/openapi/document';
import { createServices, type Services } from '../../src/app/services';
import { readSettings } from '../../src/app/settings';
import { QueueError } from '../../src/azure/queue/queue';
import { TablesError } from '../../src/azure/tables/tables';
import { type ApiRequest, Judge, leastRequest, type OpenApi, operationsOf } from '../support/openApi';
import { documentedFunctions as functions } from './documentedFunctions';
import { call, servicesOf } from './functionCalls';
import { failure, type ScriptedHub, startScriptedHub } from './scriptedHub';

const document: OpenApi = JSON.parse(JSON.stringify(openApiDocument('1.0.0')));
const judge = new Judge(document);

/** Those that ask the hub; the other ones ask tables. */
const ofTheHub = ['getTwin', 'tagTwin', 'statistics', 'queryTwins', 'summary', 'tagTwins'];
const ofTables = [
  'tagJobsList',
  'tagJob',
  'tagJobOutcomes',
  'cancelTagJob',
  'changes',
  'deviceChanges',
  'locations',
  'locationDevices',
  'locationDevicesByPath',
  'trends',
  'undoJob',
  'undoChange',
];

let hub: ScriptedHub;
const seen = new Set<string>();

beforeAll(async () => {
  hub = await startScriptedHub();
});
afterAll(() => hub.stop());

function requestOf(id: string, change: Partial<ApiRequest> = {}): ApiRequest {
  const operation = operationsOf(document).find(({ operationId }) => operationId === id);
  if (!operation) throw new Error(`There is no operation ${id}.`);
  // Of many devices, what a condition chooses: the hub is asked first.
  const body = { where: { location: 'Redmond43' }, tags: { floor: 3 }, dryRun: true };
  return { ...leastRequest(operation), ...(id === 'tagTwins' ? { body: JSON.stringify(body) } : {}), ...change };
}

/** Calls the function of an operation; answers the status, and where the answer is not as documented. */
async function callFunction(id: string, services: Services, request = requestOf(id)) {
  const { operation, parameters, contentType, body } = request;
  const valuesIn = (place: string) =>
    Object.fromEntries(
      (operation.parameters ?? [])
        .filter((parameter) => parameter.in === place && parameters[parameter.name] !== undefined)
        .map(({ name }) => [name, String(parameters[name])]),
    );
  const serve = functions[id];
  if (!serve) throw new Error(`No function serves ${id}.`);
  const answer = await call(endpoint(serve, services), {
    method: operation.method.toUpperCase(),
    params: valuesIn('path'),
    query: valuesIn('query'),
    headers: { ...valuesIn('header'), ...(contentType === undefined ? {} : { 'content-type': contentType }) },
    ...(body === undefined ? {} : { body: { string: body } }),
  });
  const { status, headers } = answer;
  seen.add(`${id} ${status}`);
  return judge.judge(operation, new Response(JSON.stringify(answer.body), { status, headers }));
}

test('the functions are those of the document', () => {
  expect(Object.keys(functions).sort()).toEqual(
    operationsOf(document)
      .map(({ operationId }) => operationId)
      .sort(),
  );
});

describe.each(ofTheHub)('%s', (id) => {
  test.each([
    [429, failure(429, 'ThrottlingException', { 'retry-after': '60' }), 'hub-throttling'],
    [503, failure(503, 'ServiceUnavailable', { 'retry-after': '60' }), 'hub-unavailable'],
    [500, failure(403, 'IotHubQuotaExceeded'), 'hub-refuses'],
  ])('answers %s as documented', async (status, hubAnswer, problem) => {
    hub.play(hubAnswer);
    const judged = await callFunction(id, servicesOf(hub));
    expect(judged).toMatchObject({ status, faults: [], body: { type: `urn:device-twins:problem:${problem}` } });
    if (status !== 500) expect(judged.headers.get('retry-after')).toBe('60');
  });

  test('answers that a setting is missing as documented', async () => {
    const judged = await callFunction(id, createServices(readSettings({})));
    expect(judged).toMatchObject({
      status: 500,
      faults: [],
      body: { type: 'urn:device-twins:problem:invalid-setting' },
    });
  });
});

describe.each(ofTables)('%s', (id) => {
  test('answers that tables are not configured, or not there, as documented', async () => {
    const services = servicesOf(hub);
    await expect(callFunction(id, services)).resolves.toMatchObject({ status: 500, faults: [] });
    const judged = await callFunction(id, { ...services, records: unavailable });
    expect(judged).toMatchObject({ status: 503, faults: [] });
    expect(judged.headers.get('retry-after')).toBe('5');
  });
});

function unavailable(): never {
  throw new TablesError('The tables do not answer.');
}

test('tagTwins answers that its tables or its queue are not there as documented', async () => {
  const parameters = { engine: 'queue' };
  const request = { ...leastRequest(requestOf('tagTwins').operation), parameters };
  const services = { ...servicesOf(hub), records: unavailable };
  await expect(callFunction('tagTwins', services, request)).resolves.toMatchObject({ status: 503, faults: [] });
  const records = createServices(readSettings({ TWIN_TABLES_CONNECTION_STRING: 'UseDevelopmentStorage=true' })).records;
  const queue = () => {
    throw new QueueError('The queue does not answer.');
  };
  await expect(callFunction('tagTwins', { ...servicesOf(hub), records, queue }, request)).resolves.toMatchObject({
    status: 503,
    faults: [],
    body: { type: 'urn:device-twins:problem:queue-unavailable' },
  });
});

test('openapi answers that its file is not there as documented', async () => {
  await expect(callFunction('openapi', servicesOf(hub))).resolves.toMatchObject({ status: 500, faults: [] });
});

test('no such status of the document is without its answer', () => {
  const documented = operationsOf(document).flatMap(({ operationId, responses }) =>
    Object.keys(responses)
      .filter((status) => /^(429|5)/.test(status))
      .map((status) => `${operationId} ${status}`),
  );
  // Only a job that the hub works asks the hub.
  expect(documented.filter((each) => !seen.has(each))).toEqual([
    'tagJob 429',
    'cancelTagJob 429',
    'tagJobOutcomes 429',
    'undoJob 429',
    'undoChange 429',
  ]);
});

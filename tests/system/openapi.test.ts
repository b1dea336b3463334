import { readHttpFile } from '../support/httpFile';
import {
  type ApiRequest,
  type DocumentedOperation,
  type DocumentedParameter,
  exampleRequests,
  Judge,
  type Judged,
  leastRequest,
  type OpenApi,
  operationsOf,
  send,
} from '../support/openApi';
import { type System, startSystem, stopSystems } from './system';

let system: System;
let document: OpenApi;
let judge: Judge;

beforeAll(async () => {
  system = await startSystem('--devices', '30');
  document = (await (await fetch(`${system.url}/api/openapi.json`)).json()) as OpenApi;
  judge = new Judge(document);
  // So that there is something to tell of the device.
  await system.device();
  await fulfil(leastRequest(operation('tagTwin')));
  const { input: change } = await system.lines.match(/myDeviceId changed: tags/);
  await system.lines.match(/Executed 'Functions.onTwinChange'/, system.lines.all.indexOf(change ?? ''));
});
afterAll(stopSystems);

function operation(id: string): DocumentedOperation {
  const found = operationsOf(document).find(({ operationId }) => operationId === id);
  if (!found) throw new Error(`There is no operation ${id}.`);
  return found;
}

/** Sends a request as the document tells it, and holds the answer against the document. */
async function fulfil(request: ApiRequest): Promise<Judged> {
  return judge.judge(request.operation, await send(system.url, request));
}

const jobIdOf = ({ body }: Judged) => (body as { jobId: string }).jobId;

test('every example of every operation is answered as documented', async () => {
  const answers: { what: unknown; status: number; faults: string[]; body: unknown }[] = [];
  for (const each of operationsOf(document)) {
    for (const request of exampleRequests(each)) {
      const { operation: _, ...what } = request;
      const { status, faults, body } = await fulfil(request);
      // No example can name a job or a change that exists.
      const wanted = /\{(jobId|id)\}/.test(each.path) ? [404] : [200, 202];
      if (!wanted.includes(status)) faults.push(`wanted ${wanted}`);
      answers.push({ what: { ...what, operationId: each.operationId }, status, faults, body });
    }
  }
  expect(answers.length).toBeGreaterThan(40);
  expect(answers.filter(({ faults }) => faults.length > 0)).toEqual([]);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 202, 404]));
});

test('what the examples are about is there: changes, members, counts, chosen fields', async () => {
  const bodyOf = async (id: string, parameters = {}) => {
    const request = leastRequest(operation(id));
    return (await fulfil({ ...request, parameters: { ...request.parameters, ...parameters } })).body;
  };
  await expect(bodyOf('deviceChanges')).resolves.toMatchObject({
    changes: expect.arrayContaining([expect.objectContaining({ type: 'DeviceTwins.TwinChanged' })]),
  });
  await expect(bodyOf('queryTwins', { limit: 2, count: true, fields: 'tags.location' })).resolves.toMatchObject({
    devices: [expect.objectContaining({ tags: expect.anything() }), expect.anything()],
    count: 31,
    continuation: expect.any(String),
  });
});

test('the links of an answer lead on: to the next page, to the progress of a job, to its end', async () => {
  const list = await fulfil({ ...leastRequest(operation('queryTwins')), parameters: { limit: 10 } });
  const [, next = ''] = /^<(.*)>; rel="next"$/.exec(list.headers.get('link') ?? '') ?? [];
  const second = await judge.judge(operation('queryTwins'), await fetch(system.url + next));
  expect(second).toMatchObject({ status: 200, faults: [] });
  expect(second.body).not.toEqual(list.body);

  const post = operation('tagTwins');
  const started = await fulfil({ ...leastRequest(post), parameters: { engine: 'queue' } });
  expect(started).toMatchObject({ status: 202, faults: [] });
  const location = started.headers.get('location') ?? '';
  expect(await judge.judge(operation('tagJob'), await fetch(system.url + location))).toMatchObject({ faults: [] });
  for (const [name, statuses] of [
    ['progress', [200]],
    ['cancel', [200, 409]],
  ] as const) {
    const link = post.responses[202]?.links?.[name];
    expect(link?.parameters).toEqual({ jobId: '$response.body#/jobId' });
    const linked = operation(link?.operationId ?? '');
    const answer = await fulfil({ operation: linked, parameters: { jobId: jobIdOf(started) } });
    expect(answer.faults).toEqual([]);
    expect(statuses).toContain(answer.status);
  }
});

/** A value that the schema of a parameter forbids. */
function wrongValue({ schema, content }: DocumentedParameter): unknown {
  if (content) return { colour: 'red' };
  if (schema?.maximum !== undefined) return schema.maximum + 1;
  return schema?.enum || schema?.type === 'boolean' || schema?.pattern ? 'no such value' : undefined;
}

/** Requests that break what the document says, and the statuses that it has for them. */
function wrongRequests(each: DocumentedOperation): [status: number, request: ApiRequest][] {
  const least = leastRequest(each);
  const { contentType } = least;
  const wrongParameters = (each.parameters ?? []).flatMap((parameter): [number, ApiRequest][] => {
    const value = wrongValue(parameter);
    if (value === undefined) return [];
    return [[400, { ...least, parameters: { ...least.parameters, [parameter.name]: value } }]];
  });
  const withParameters = (parameters: Record<string, unknown>) => ({
    ...least,
    parameters: { ...least.parameters, ...parameters },
  });
  const has = (name: string) => each.parameters?.some((parameter) => parameter.name === name);
  return [
    ...wrongParameters,
    [400, { ...least, unlisted: { colour: 'red' } }],
    // Of a job only where there is one.
    ...(has('continuation') && !has('jobId')
      ? [[400, withParameters({ continuation: 'of another!' })] as [number, ApiRequest]]
      : []),
    ...(has('deviceId') ? [[400, withParameters({ deviceId: 'é' })] as [number, ApiRequest]] : []),
    ...(has('deviceId') && each.responses[404]
      ? [[404, withParameters({ deviceId: 'nobody' })] as [number, ApiRequest]]
      : []),
    ...(has('jobId') || has('id') ? [[404, least] as [number, ApiRequest]] : []),
    ...(has('If-Match') ? [[412, withParameters({ 'If-Match': '"AAAA"' })] as [number, ApiRequest]] : []),
    ...(each.responses[406] ? [[406, { ...least, accept: 'text/html' }] as [number, ApiRequest]] : []),
    ...(contentType === undefined
      ? []
      : ([
          ...Object.keys(each.requestBody?.content ?? {}).map((type) => [
            400,
            { ...least, contentType: type, body: '{"' },
          ]),
          [400, { ...least, body: '[]' }],
          [413, { ...least, body: JSON.stringify(' '.repeat(8 * 1024 * 1024)) }],
          [415, { ...least, contentType: 'text/html' }],
        ] as [number, ApiRequest][])),
  ];
}

test('every wrong request is answered the documented problem, and no documented one is without', async () => {
  const seen = new Set<string>();
  const answers: { what: unknown; faults: string[] }[] = [];
  const note = (id: string, wanted: number, { status, headers, body, faults }: Judged, what: unknown) => {
    seen.add(`${id} ${status}`);
    if (status !== wanted) faults.push(`${status} instead of ${wanted}`);
    if (headers.get('content-type') !== 'application/problem+json') faults.push('not a problem');
    answers.push({ what: { id, what, body }, faults });
  };
  for (const each of operationsOf(document)) {
    for (const [wanted, request] of wrongRequests(each)) {
      const { parameters, contentType } = request;
      note(each.operationId, wanted, await fulfil(request), { parameters, contentType });
    }
  }
  const post = leastRequest(operation('tagTwins'));
  const key = { 'Idempotency-Key': 'of-the-first' };
  const done = await fulfil({ ...post, parameters: key });
  const body = JSON.stringify({ deviceIds: ['myDeviceId'], tags: { site: 'another' } });
  note('tagTwins', 409, await fulfil({ ...post, parameters: key, body }), 'an idempotency key of another request');
  const foreign = { jobId: jobIdOf(done), continuation: 'of another!' };
  note('tagJob', 400, await fulfil({ operation: operation('tagJob'), parameters: foreign }), 'a foreign continuation');
  const cancel = { operation: operation('cancelTagJob'), parameters: { jobId: jobIdOf(done) } };
  note('cancelTagJob', 409, await fulfil(cancel), 'a job that has ended');
  const told = { operation: operation('tagJobOutcomes'), parameters: { jobId: jobIdOf(done) } };
  note('tagJobOutcomes', 409, await fulfil(told), 'a job whose answer told them');

  const unread = JSON.stringify({ deviceIds: ['myDeviceId'], tags: { site: 'unread' }, undoable: false });
  const kept = jobIdOf(await fulfil({ ...post, body: unread }));
  const undoJob = { operation: operation('undoJob'), parameters: { jobId: kept } };
  note('undoJob', 409, await fulfil(undoJob), 'a job that kept nothing');
  const changes = await fulfil(leastRequest(operation('deviceChanges')));
  const reported = (changes.body as { changes: { id: string; values: { path: string }[] }[] }).changes.find(
    ({ values }) => values.length > 0 && values.every(({ path }) => path.startsWith('reported.')),
  );
  const undoChange = operation('undoChange');
  const parameters = { deviceId: 'myDeviceId', id: reported?.id };
  note('undoChange', 409, await fulfil({ operation: undoChange, parameters }), 'a change of what a device reported');

  expect(answers.filter(({ faults }) => faults.length > 0)).toEqual([]);
  const documented = operationsOf(document).flatMap(({ operationId, responses }) =>
    Object.keys(responses)
      // The host asks for the key, nobody signs in, the hub was not throttled, and no change is old: `historyAge.test.ts` has that.
      .filter((status) => /^4/.test(status) && !['401', '403', '410', '429'].includes(status))
      .map((status) => `${operationId} ${status}`),
  );
  expect([...seen].sort()).toEqual(documented.sort());
});

test('the requests of requests.http work one after the other', async () => {
  const { variables, requests } = readHttpFile('requests.http');
  const known = new Map(Object.entries({ ...variables, url: system.url }));
  const fill = (text: string) => text.replace(/\{\{(.*?)\}\}/g, (_all, name) => known.get(name) ?? `unknown ${name}`);
  const statuses: [title: string, status: number][] = [];
  for (const { title, name, method, url, headers, body } of requests) {
    const filled = Object.fromEntries(Object.entries(headers).map(([header, value]) => [header, fill(value)]));
    const response = await fetch(fill(url), {
      method,
      headers: filled,
      ...(body === undefined ? {} : { body: fill(body) }),
    });
    statuses.push([title, response.status]);
    if (name) {
      for (const [path, value] of valuesOf(await response.json())) known.set(`${name}.response.body.$${path}`, value);
    }
  }
  // Whether a job of one device can still be cancelled, or what the device did last, nobody knows.
  const failed = statuses.filter(
    ([title, status]) => status >= 300 && !(/^(Cancel|Take back)/.test(title) && status === 409),
  );
  expect(failed).toEqual([]);
});

/** The values of an answer by their paths, as the REST client writes them: `.jobs[0].jobId`. */
function valuesOf(answer: unknown, path = ''): [path: string, value: string][] {
  if (typeof answer !== 'object' || answer === null) return [[path, String(answer)]];
  const step = (name: string) => (Array.isArray(answer) ? `[${name}]` : `.${name}`);
  return Object.entries(answer).flatMap(([name, value]) => valuesOf(value, path + step(name)));
}

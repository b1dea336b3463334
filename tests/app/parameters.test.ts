import { endpoint } from '../../src/api/http/endpoint';
import { openApiDocument } from '../../src/api/openapi/document';
import type { Services } from '../../src/app/services';
import { memoryTables } from '../support/memoryTables';
import { type DocumentedOperation, leastRequest, type OpenApi, operationsOf } from '../support/openApi';
import { documentedFunctions } from './documentedFunctions';
import { call, keepingIn, servicesOf } from './functionCalls';
import { json, type ScriptedHub, startScriptedHub } from './scriptedHub';

const operations = operationsOf(JSON.parse(JSON.stringify(openApiDocument('1.0.0'))) as OpenApi);

let hub: ScriptedHub;
let services: Services;

beforeAll(async () => {
  hub = await startScriptedHub();
  services = keepingIn(memoryTables(), servicesOf(hub));
});
afterAll(() => hub.stop());
beforeEach(() => hub.play(json([])));

/** Calls the function of an operation as its document asks, with these query parameters besides. */
function callWith(operation: DocumentedOperation, more: Record<string, string>) {
  const { parameters, contentType, body } = leastRequest(operation);
  const given = (place: string) =>
    Object.fromEntries(
      (operation.parameters ?? [])
        .filter(({ in: where, name }) => where === place && parameters[name] !== undefined)
        .map(({ name }) => [name, String(parameters[name])]),
    );
  const serve = documentedFunctions[operation.operationId];
  if (!serve) throw new Error(`No function serves ${operation.operationId}.`);
  return call(endpoint(serve, services), {
    method: operation.method.toUpperCase(),
    params: given('path'),
    query: { ...given('query'), ...more },
    headers: contentType === undefined ? {} : { 'content-type': contentType },
    ...(body === undefined ? {} : { body: { string: body } }),
  });
}

const namesOf = ({ parameters = [] }: DocumentedOperation) =>
  parameters.filter((each) => each.in === 'query').map(({ name }) => name);

describe.each(operations.map((operation) => [operation.operationId, operation] as const))('%s', (_id, operation) => {
  it('refuses a parameter that it has not, and asks nobody', async () => {
    const answer = await callWith(operation, { colour: 'red' });
    expect(answer).toMatchObject({ status: 400, body: { path: 'colour' } });
    expect(hub.received).toEqual([]);
  });

  it('says which of its parameters a misspelt one may be', async () => {
    for (const name of namesOf(operation)) {
      for (const misspelt of [name.toUpperCase(), `${name}s`, name.slice(1)]) {
        const { status, body } = await callWith(operation, { [misspelt]: 'x' });
        expect([status, body]).toEqual([
          400,
          expect.objectContaining({ path: misspelt, detail: expect.stringContaining(`did you mean ${name}?`) }),
        ]);
      }
    }
  });

  it('refuses an empty parameter, but for the one that any text may stand in', async () => {
    for (const name of namesOf(operation)) {
      const isAnyText = operation.operationId === 'locationDevices' && name === 'location';
      const { status, body } = await callWith(operation, { [name]: '' });
      expect([name, status, (body as { path?: string } | null)?.path]).toEqual(
        isAnyText ? [name, 200, undefined] : [name, 400, name],
      );
    }
  });

  it('leaves keys to those who ask for them', async () => {
    const keys = { code: 'x', Code: 'x', clientId: 'x', 'subscription-key': 'x' };
    const { body } = await callWith(operation, keys);
    expect(JSON.stringify(body)).not.toMatch(/code|clientId|subscription-key/i);
  });
});

it('a long name of a parameter is not answered whole', async () => {
  const [operation] = operations.filter(({ operationId }) => operationId === 'queryTwins');
  if (!operation) throw new Error('There is no operation queryTwins.');
  const { body } = await callWith(operation, { ['x'.repeat(7000)]: '1' });
  expect(JSON.stringify(body).length).toBeLessThan(1500);
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registeredFunctions } from './infra/code';
import { readHttpFile } from './support/httpFile';
import { Judge, type OpenApi, operationsOf } from './support/openApi';

const text = readFileSync('dist/openapi.json', 'utf8');
const document: OpenApi = JSON.parse(text);

/** The validator is a module that Jest cannot load; it comes with a command. */
function validate(file: string) {
  const command = 'node_modules/@seriousme/openapi-schema-validator/bin/validate-api-cli.js';
  return spawnSync(process.execPath, [command, file], { encoding: 'utf8' });
}

/** Method and path of each HTTP function of the API, as the bundle registers it; the operator's page is none of it. */
function registeredRoutes(): string[] {
  const ofTheApi = registeredFunctions({}).filter(({ name }) => name !== 'page');
  return ofTheApi.flatMap(({ bindings }) =>
    bindings
      .filter(({ type }) => type === 'httpTrigger')
      .flatMap(({ methods, route }) => (methods as string[]).map((method) => `${method} /api/${route}`)),
  );
}

test('the document is valid OpenAPI 3.1, and the validator can tell', () => {
  expect(text).toMatch(/^\{"openapi":"3\.1\./);
  expect(validate('dist/openapi.json')).toMatchObject({ status: 0, stdout: expect.stringContaining('"valid": true') });
  const folder = mkdtempSync(join(tmpdir(), 'openapi-'));
  writeFileSync(join(folder, 'bad.json'), text.replace('"in":"path"', '"in":"body"'));
  expect(validate(join(folder, 'bad.json')).stdout).toContain('"valid": false');
  rmSync(folder, { recursive: true });
});

test('it has the paths and methods that the app registers, and no others', () => {
  const documented = operationsOf(document).map(({ path, method }) => `${method.toUpperCase()} ${path}`);
  expect(documented.length).toBeGreaterThan(10);
  expect(documented.sort()).toEqual(registeredRoutes().sort());
});

test('each operation has a name of its own, and the parameters that its path names', () => {
  const operations = operationsOf(document);
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  for (const { path, parameters = [] } of operations) {
    const steps = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(parameters.filter((each) => each.in === 'path').map(({ name }) => name)).toEqual(steps);
  }
});

test('every schema compiles, and every one of the components is used', () => {
  const judge = new Judge(document);
  for (const operation of operationsOf(document)) {
    for (const [status, { content = {} }] of Object.entries(operation.responses)) {
      for (const type of Object.keys(content)) expect(judge.schemaOf(operation, status, type)).toBeInstanceOf(Function);
    }
  }
  const refs = new Set([...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name));
  expect([...refs].sort()).toEqual(Object.keys(document.components.schemas).sort());
});

test('every schema of what is sent compiles and takes its examples, and one that is none is found out', () => {
  const judge = new Judge(document);
  const schemas = operationsOf(document).flatMap((operation) => judge.requestSchemas(operation));
  const examples = schemas.flatMap(({ validate, examples }) => examples.map((example) => ({ validate, example })));
  expect(examples.length).toBeGreaterThan(20);
  expect(examples.filter(({ validate, example }) => !validate(example)).map(({ example }) => example)).toEqual([]);
  const broken: OpenApi = JSON.parse(text.replace('"maximum":100', '"maximum":"100"'));
  expect(() => operationsOf(broken).map((operation) => new Judge(broken).requestSchemas(operation))).toThrow('maximum');
});

test('the document costs the start nothing: the bundle has none of it', () => {
  expect(readFileSync('dist/index.js', 'utf8')).not.toContain('components/schemas');
});

test('every request of requests.http is one that the app registers, each route that is to be used is there, and titles are told apart', () => {
  const { requests } = readHttpFile('requests.http');
  const routes = registeredRoutes();
  const asked = requests.map(({ title, method, url }) => {
    const path = url.replace('{{url}}', '').replace(/\?.*/, '');
    const fitting = routes.filter((route) => {
      const [registered, template = ''] = route.split(' ');
      return registered === method && new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
    });
    return { title, fitting };
  });
  expect(asked.filter(({ fitting }) => fitting.length !== 1)).toEqual([]);
  const deprecated = Object.entries(document.paths as Record<string, Record<string, { deprecated?: boolean }>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).flatMap(([method, each]) => (each.deprecated ? [`${method.toUpperCase()} ${path}`] : [])),
  );
  expect(new Set([...asked.flatMap(({ fitting }) => fitting), ...deprecated])).toEqual(new Set(routes));
  expect(new Set(asked.map(({ title }) => title)).size).toBe(requests.length);
});

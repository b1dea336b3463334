import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';

/** A parameter of an operation. */
export interface DocumentedParameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema?: { type?: string; enum?: string[]; maximum?: number; pattern?: string };
  content?: Record<string, { example?: unknown }>;
  example?: unknown;
}

/** A response of an operation. */
export interface DocumentedResponse {
  headers?: Record<string, unknown>;
  content?: Record<string, unknown>;
  links?: Record<string, { operationId: string; parameters: Record<string, string> }>;
}

/** The parts of a document that a client is driven from. */
export interface OpenApi {
  paths: Record<string, Record<string, Described>>;
  components: { headers: Record<string, unknown>; schemas: Record<string, unknown> };
}

interface Described {
  operationId: string;
  parameters?: DocumentedParameter[];
  requestBody?: { content: Record<string, { examples?: Record<string, { value: unknown }> }> };
  responses: Record<string, DocumentedResponse>;
}

/** An operation, with its place in the document. */
export interface DocumentedOperation extends Described {
  path: string;
  method: string;
}

/** A request as the document tells it. */
export interface ApiRequest {
  operation: DocumentedOperation;
  parameters: Record<string, unknown>;
  contentType?: string;
  body?: string;
  accept?: string;
  /** Query parameters that the document does not list. */
  unlisted?: Record<string, string>;
}

/** All operations of a document. */
export function operationsOf({ paths }: OpenApi): DocumentedOperation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({ ...described, path, method })),
  );
}

/** The example of a parameter. */
function exampleOf({ example, content }: DocumentedParameter): unknown {
  return example ?? content?.['application/json']?.example;
}

/** The request with what is required and nothing else. */
export function leastRequest(operation: DocumentedOperation): ApiRequest {
  const required = (operation.parameters ?? []).filter((parameter) => parameter.required);
  return {
    operation,
    parameters: Object.fromEntries(required.map((parameter) => [parameter.name, exampleOf(parameter)])),
    ...bodiesOf(operation)[0],
  };
}

/**
 * Requests with each of the examples of an operation: every body, every optional parameter, every type of answer; and
 * with the most that a parameter may be.
 */
export function exampleRequests(operation: DocumentedOperation): ApiRequest[] {
  const least = leastRequest(operation);
  const optional = (operation.parameters ?? []).filter(
    (parameter) => !parameter.required && exampleOf(parameter) !== undefined,
  );
  return [
    least,
    ...bodiesOf(operation)
      .slice(1)
      .map((body) => ({ ...least, ...body })),
    ...optional.flatMap((parameter) =>
      [exampleOf(parameter), parameter.schema?.maximum]
        .filter((value) => value !== undefined)
        .map((value) => ({ ...least, parameters: { ...least.parameters, [parameter.name]: value } })),
    ),
    ...Object.keys(operation.responses[200]?.content ?? {}).map((accept) => ({ ...least, accept })),
  ];
}

function bodiesOf({ requestBody }: DocumentedOperation): { contentType: string; body: string }[] {
  return Object.entries(requestBody?.content ?? {}).flatMap(([contentType, { examples = {} }]) =>
    Object.values(examples).map(({ value }) => ({
      contentType,
      body: typeof value === 'string' ? value : JSON.stringify(value),
    })),
  );
}

/** Sends a request. */
export function send(url: string, request: ApiRequest): Promise<Response> {
  const { operation, parameters, contentType, body, accept, unlisted } = request;
  const query = new URLSearchParams(unlisted);
  const headers = new Headers({
    ...(contentType === undefined ? {} : { 'content-type': contentType }),
    ...(accept === undefined ? {} : { accept }),
  });
  let { path } = operation;
  for (const { name, in: place, content } of operation.parameters ?? []) {
    const value = parameters[name];
    if (value === undefined) continue;
    const text = content ? JSON.stringify(value) : String(value);
    if (place === 'path') path = path.replace(`{${name}}`, encodeURIComponent(text));
    else if (place === 'query') query.set(name, text);
    else headers.set(name, text);
  }
  const init = { method: operation.method.toUpperCase(), headers, ...(body === undefined ? {} : { body }) };
  return fetch(`${url}${path}${query.size > 0 ? `?${query}` : ''}`, init);
}

/** An answer that was held against the document. */
export interface Judged {
  status: number;
  headers: Headers;
  body: unknown;
  /** Where the answer is not as documented. */
  faults: string[];
}

/** Holds answers against a document: status, headers, content type, and body, which may have no member that it lacks. */
export class Judge {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });

  constructor(private readonly document: OpenApi) {
    addFormats(this.#ajv);
    this.#ajv.addSchema(closed(document), 'api', undefined, false);
  }

  async judge(operation: DocumentedOperation, response: Response): Promise<Judged> {
    const { status, headers } = response;
    const text = await response.text();
    const documented = operation.responses[status];
    if (!documented) return { status, headers, body: text, faults: [`${status} is not documented: ${text}`] };
    const [type = ''] = (headers.get('content-type') ?? '').split(';');
    const isJson = type.endsWith('json') && type !== 'application/x-ndjson';
    const body: unknown = isJson ? JSON.parse(text) : text;
    const undocumented = Object.keys(this.document.components.headers).filter(
      (name) => headers.has(name) && !documented.headers?.[name],
    );
    const faults = undocumented.map((name) => `the header ${name} is not documented`);
    if (!documented.content?.[type]) return { status, headers, body, faults: [...faults, `${type} is not documented`] };
    const validate = this.schemaOf(operation, String(status), type);
    if (!validate(body)) faults.push(this.#ajv.errorsText(validate.errors));
    return { status, headers, body, faults };
  }

  /** The schema of what is answered. */
  schemaOf(operation: DocumentedOperation, status: string, type: string): ValidateFunction {
    return this.#schemaAt(operation, 'responses', status, 'content', type);
  }

  /** The schemas of what is sent, each with its examples. */
  requestSchemas(operation: DocumentedOperation): { validate: ValidateFunction; examples: unknown[] }[] {
    const { parameters = [], requestBody } = operation;
    return [
      ...parameters.map((parameter, index) => ({
        validate: this.#schemaAt(
          operation,
          'parameters',
          String(index),
          ...(parameter.content ? ['content', 'application/json'] : []),
        ),
        examples: [exampleOf(parameter)].filter((example) => example !== undefined),
      })),
      ...Object.entries(requestBody?.content ?? {}).map(([type, { examples = {} }]) => ({
        validate: this.#schemaAt(operation, 'requestBody', 'content', type),
        examples: Object.values(examples).map(({ value }) => value),
      })),
    ];
  }

  #schemaAt({ path, method }: DocumentedOperation, ...place: string[]): ValidateFunction {
    const steps = ['paths', path, method, ...place, 'schema'];
    const pointer = steps.map((step) => step.replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
    const found = this.#ajv.getSchema(`api#/${pointer}`);
    if (!found) throw new Error(`There is no schema at ${pointer}.`);
    return found;
  }
}

/** A copy whose schemas take no members that they do not name. */
function closed(document: OpenApi): object {
  return JSON.parse(JSON.stringify(document), (_name, value) =>
    value?.properties && value.additionalProperties === undefined ? { ...value, unevaluatedProperties: false } : value,
  );
}

import { problems as knownProblems, type ProblemName, problemType } from '../http/problem';
import { eventOperations } from './eventOperations';
import { componentSchemas } from './jsonSchema';
import { type Answer, type HeaderName, headers, type Operation } from './operation';
import { tagJobOperations } from './tagJobOperations';
import { queryOperations, twinOperations } from './twinOperations';

const groups = {
  twins: { description: 'One twin, which is always current', operations: twinOperations },
  queries: { description: "Many twins, as the hub's query index has them", operations: queryOperations },
  'tag jobs': { description: 'Tags for many devices', operations: tagJobOperations },
  events: { description: 'What events told', operations: eventOperations },
};

/**
 * The OpenAPI 3.1 document of the HTTP functions. The build makes it, once: what it takes would only weigh on the start
 * of the app.
 */
export function openApiDocument(version: string) {
  const paths: Record<string, Record<string, object>> = {};
  for (const [tag, { operations }] of Object.entries(groups)) {
    for (const operation of operations) {
      paths[operation.path] = { ...paths[operation.path], [operation.method]: toOpenApi(operation, tag) };
    }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Device twins',
      version,
      description:
        'Tags device twins of an Azure IoT Hub, and asks about the fleet. Query parameters that an operation does not ' +
        'list are refused, and so are empty ones.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The app that answered this document' }],
    tags: Object.entries(groups).map(([name, { description }]) => ({ name, description })),
    // A local host asks for no key.
    security: [{ functionKey: [] }, {}],
    paths,
    components: {
      schemas: componentSchemas(),
      headers,
      securitySchemes: {
        functionKey: {
          type: 'apiKey',
          in: 'header',
          name: 'x-functions-key',
          description: 'A key of the function app.',
        },
      },
    },
  };
}

function toOpenApi(operation: Operation, tag: string) {
  const { operationId, summary, description, deprecated, parameters, body, answers, problems } = operation;
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    ...(deprecated && { deprecated }),
    tags: [tag],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body && { requestBody: { required: !operation.isBodyOptional, content: body } }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, toResponse(answer)])),
      401: {
        description:
          'The function key is missing or wrong: the host answers, without content. Where callers sign in: a problem.',
      },
      403: { description: 'Where callers sign in: they lack the app role Fleet.Read, or Fleet.Write for what writes.' },
      ...problemResponses(problems),
    },
  };
}

function toResponse({ description, headers = [], content, links }: Answer) {
  return { description, ...headersOf(headers), content, ...(links && { links }) };
}

function headersOf(names: readonly HeaderName[]) {
  if (names.length === 0) return {};
  return { headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])) };
}

/** Statuses after which it may go better later. */
const passing = [409, 429, 503];

/** One response for each status, of all problems that have it. */
function problemResponses(names: readonly ProblemName[]) {
  const statuses = [...new Set(names.map((name) => knownProblems[name].status))];
  return Object.fromEntries(
    statuses.map((status) => {
      const those = names.filter((name) => knownProblems[name].status === status);
      const schema = {
        allOf: [{ $ref: '#/components/schemas/Problem' }],
        properties: { status: { const: status }, type: { enum: those.map(problemType) } },
      };
      const response = {
        description: `${those.map((name) => knownProblems[name].title).join('; ')}.`,
        ...headersOf(passing.includes(status) ? ['Retry-After'] : []),
        content: { 'application/problem+json': { schema } },
      };
      return [status, response];
    }),
  );
}

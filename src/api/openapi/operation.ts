import type { ProblemName } from '../http/problem';
import type { ComponentName } from './components';
import type { JsonSchema } from './jsonSchema';

/** A parameter, as OpenAPI 3.1 has it. What has no example is taken from an earlier answer. */
export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  description: string;
  required?: boolean;
  schema?: JsonSchema;
  content?: Record<string, { schema: JsonSchema; example?: unknown }>;
  example?: unknown;
}

/** Content of one type. */
export interface Content {
  schema: JsonSchema;
  examples?: Record<string, { summary: string; value: unknown }>;
}

/** What an operation answers where it succeeds. */
export interface Answer {
  description: string;
  headers?: readonly HeaderName[];
  content: Record<string, Content>;
  links?: Record<string, { operationId: string; parameters: Record<string, string>; description: string }>;
}

/** What one method of one route does. */
export interface Operation {
  operationId: string;
  method: 'get' | 'post' | 'patch' | 'delete';
  path: `/${string}`;
  summary: string;
  description?: string;
  /** Whether there is a better one, which `description` names. */
  deprecated?: true;
  parameters: Parameter[];
  body?: Record<string, Content>;
  /** Whether there need not be a body. */
  isBodyOptional?: true;
  answers: Record<number, Answer>;
  problems: readonly ProblemName[];
}

/** The headers of answers. */
export const headers = {
  ETag: { description: 'The etag of the twin, to be sent as If-Match.', schema: { type: 'string' } },
  Link: { description: 'Where there is more: the next page, rel="next" (RFC 8288).', schema: { type: 'string' } },
  Location: { description: 'Where to ask how far the job is.', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds after which to try again.', schema: { type: 'string', pattern: '^\\d+$' } },
  'X-Freshness': {
    description: 'The freshness, for the formats that have no place for it.',
    schema: { type: 'string' },
  },
  'X-Total-Count': { description: 'The count, where it was asked for.', schema: { type: 'string', pattern: '^\\d+$' } },
} as const satisfies Record<string, { description: string; schema: JsonSchema }>;

export type HeaderName = keyof typeof headers;

/** JSON content of a schema of the document. */
export function json(name: ComponentName, examples?: Content['examples']): Record<string, Content> {
  return { 'application/json': { schema: { $ref: `#/components/schemas/${name}` }, ...(examples && { examples }) } };
}

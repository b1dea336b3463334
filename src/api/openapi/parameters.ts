import type * as z from 'zod/mini';
import { pageParameters as pageShape } from '../http/parameters';
import { type JsonSchema, parameterSchema } from './jsonSchema';
import type { Parameter } from './operation';

/** What to say of a query parameter. */
interface Told {
  description: string;
  example?: unknown;
}

/** The query parameters that a schema reads; each must be told of. A condition is JSON, the others are text. */
export function queryParameters<Name extends string>(
  { shape }: { shape: Readonly<Record<Name, z.ZodMiniType>> },
  told: Record<NoInfer<Name>, Told>,
): Parameter[] {
  return Object.entries<Told>(told).map(([name, { description, ...example }]) => ({
    name,
    in: 'query',
    description,
    ...(shape[name as Name].safeParse(undefined).success ? {} : { required: true }),
    ...(name === 'where'
      ? { content: { 'application/json': { schema: { $ref: '#/components/schemas/Condition' }, ...example } } }
      : { schema: parameterSchema(shape[name as Name]), ...example }),
  }));
}

/** What to say of the parameters that choose devices. */
export const filter = {
  location: { description: 'Devices in this location.', example: 'Redmond43' },
  connectivity: { description: 'Devices with this connectivity.', example: 'cellular' },
  where: {
    description: 'Devices that meet this condition, as JSON; together with the others an AND.',
    example: { or: [{ connectivity: 'cellular' }, { path: 'tags.location.region', op: 'in', value: ['US', 'EU'] }] },
  },
  filter: {
    description:
      'The same in words: and, or, not, =, !=, <, <=, >, >=, in (…), is_defined(…), startswith(…, "…"), now-1d.',
    example: 'tags.floor >= 2 and location in ("Redmond43", "Dublin2") and lastActivityTime < now-1d',
  },
} satisfies Record<string, Told>;

/** What to say of the parameters of pages. */
export const paging = {
  limit: { description: 'Most items of the page.', example: 10 },
  continuation: { description: 'The continuation of the page before, asked for with the same parameters.' },
} satisfies Record<string, Told>;

/** The parameters of pages of at most so many items. */
export function pageParameters(most: number): Parameter[] {
  return queryParameters({ shape: pageShape(most) }, paging);
}

/** What to say of the parameter that allows a tag called `tags`. */
export const allow: Told = {
  description: 'Takes tags that have an object called tags; without it they are taken for those of a twin.',
  example: 'tags',
};

/** What to say of the parameter that tells why. */
export const reason: Told = {
  description: 'Why: kept with the change. The header X-Reason and a member of a JSON body say the same.',
  example: 'moved to the new hall',
};

/** The same as a header. */
export const reasonHeader: Parameter = {
  name: 'X-Reason',
  in: 'header',
  description: 'Why, in ASCII: kept with the change.',
  schema: { type: 'string', minLength: 1, maxLength: 500 },
  example: 'moved to the new hall',
};

/** A step of the path. */
export function step(name: string, description: string, example: string, schema: JsonSchema = {}): Parameter {
  return { name, in: 'path', required: true, description, schema: { type: 'string', ...schema }, example };
}

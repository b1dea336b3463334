import * as z from 'zod/mini';
import { type ComponentMeta, components } from './components';

/** A JSON Schema (2020-12), as OpenAPI 3.1 has it. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Leaves out what only repeats what the schema says anyway. */
function simplify({ jsonSchema }: { jsonSchema: JsonSchema }): void {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  delete jsonSchema.propertyNames;
}

/** The schemas of the document, by their names. */
export function componentSchemas(): Record<string, JsonSchema> {
  const registry = z.registry<ComponentMeta & { id: string }>();
  for (const [id, { schema, ...meta }] of Object.entries(components)) registry.add(schema, { ...meta, id });
  const { schemas } = z.toJSONSchema(registry, {
    // Answers too: as output they would forbid members that a later version of this app may add.
    io: 'input',
    metadata: registry,
    uri: (id) => `#/components/schemas/${id}`,
    override: simplify,
  });
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, standing(schema)]));
}

/** The schema of a query parameter. */
export function parameterSchema(schema: z.ZodMiniType): JsonSchema {
  return standing(z.toJSONSchema(schema, { io: 'input', override: simplify }));
}

/** A schema as part of the document. */
function standing({ $schema, $id, id, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

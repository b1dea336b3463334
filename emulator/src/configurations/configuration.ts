import * as z from 'zod/mini';
import { invalidArgument } from '../service/hubError';
import type { Json, JsonObject } from '../service/types';

/** What a service says of a configuration; the hub adds the rest. */
export interface ConfigurationInput {
  id: string;
  schemaVersion: string | null;
  labels: Record<string, string>;
  content: JsonObject;
  targetCondition: string;
  priority: number;
  metrics: Record<string, string>;
}

/** A configuration as it is kept. */
export interface Configuration extends ConfigurationInput {
  /** How often it was written. */
  writes: number;
  createdTimeUtc: string;
  lastUpdatedTimeUtc: string;
}

/** Lower-case ASCII but for what the portal refuses (Azure IoT Hub, "Automatic device management"). */
const idForm = /^[!#-%'-.0-;=?-@_`a-z~]{1,128}$/;

const json = z.record(z.string(), z.json());
const texts = z.record(z.string(), z.string());
/** Content for devices, for the modules of IoT Edge, or for other modules. */
const contentForm = z.strictObject({
  deviceContent: z.optional(z.nullable(json)),
  modulesContent: z.optional(z.nullable(json)),
  moduleContent: z.optional(z.nullable(json)),
});
const form = z.looseObject({
  id: z.string(),
  schemaVersion: z._default(z.nullable(z.string()), null),
  labels: z.pipe(
    z.nullish(texts),
    z.transform((labels) => labels ?? {}),
  ),
  content: z.pipe(
    z.nullish(contentForm),
    z.transform((given) => given ?? {}),
  ),
  targetCondition: z.pipe(
    z.nullish(z.string()),
    z.transform((condition) => condition ?? ''),
  ),
  priority: z._default(z.int().check(z.minimum(0)), 0),
  metrics: z.nullish(z.looseObject({ queries: z.nullish(texts) })),
});

/** @throws HubError ArgumentInvalid */
export function parseConfiguration(id: string, body: Json | undefined): ConfigurationInput {
  if (!idForm.test(id))
    throw invalidArgument(
      'The id of a configuration has 1 to 128 ASCII characters, no capitals and none of &^[]{}\\|"<>/.',
    );
  const { success, data, error } = form.safeParse(body);
  if (!success) throw invalidArgument(`The body must be a configuration: ${z.prettifyError(error)}`);
  if (data.id !== id) throw invalidArgument(`The body must name the configuration of the path, '${id}'.`);
  const { schemaVersion, labels, targetCondition, priority } = data;
  const content = data.content as JsonObject;
  return { id, schemaVersion, labels, content, targetCondition, priority, metrics: data.metrics?.queries ?? {} };
}

/** Of one that no hub has applied: its metrics have no results (recorded: `ConfigurationsClient_ConfigurationsLifecycle`). */
export function toDocument(configuration: Configuration): JsonObject {
  const { id, schemaVersion, labels, content, targetCondition, priority, metrics } = configuration;
  const { createdTimeUtc, lastUpdatedTimeUtc } = configuration;
  return {
    id,
    schemaVersion,
    labels,
    content,
    targetCondition,
    createdTimeUtc,
    lastUpdatedTimeUtc,
    priority,
    systemMetrics: {
      results: {},
      queries: {
        targetedCount: targetQuery(configuration) ?? '',
        appliedCount: `select deviceId from devices where configurations.[[${id}]].status = 'Applied'`,
      },
    },
    metrics: { results: {}, queries: metrics },
    etag: etagOf(configuration),
  };
}

/** Whom it is for; nobody where it has no condition. */
export function targetQuery({ targetCondition }: Pick<ConfigurationInput, 'targetCondition'>): string | undefined {
  const condition = targetCondition.trim();
  if (condition === '') return undefined;
  if (condition === '*') return 'select deviceId from devices';
  // Of modules a condition names its collection.
  if (/^from\s/i.test(condition)) return `select deviceId, moduleId ${condition}`;
  return `select deviceId from devices where ${condition}`;
}

export function etagOf({ writes }: Pick<Configuration, 'writes'>): string {
  return Buffer.from(String(writes)).toString('base64');
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Log } from './log';
import { parseTimeSpan } from './timeSpan';

const localSettings = z.object({
  IsEncrypted: z._default(z.boolean(), false),
  Values: z._default(z.record(z.string(), z.nullable(z.string())), {}),
  ConnectionStrings: z._default(
    z.record(z.string(), z.union([z.string(), z.object({ ConnectionString: z.string() })])),
    {},
  ),
  Host: z.optional(
    z.object({
      LocalHttpPort: z.optional(z.int().check(z.minimum(0), z.maximum(65_535))),
      CORS: z.optional(z.string()),
      CORSCredentials: z.optional(z.boolean()),
    }),
  ),
});

/** `Host` of local.settings.json, as far as it is served. */
export type LocalHost = z.infer<typeof localSettings>['Host'];

/**
 * Puts the values of local.settings.json into the environment, which wins; empty strings count, nulls do not.
 *
 * @throws Error where the file is not of its form.
 */
export async function applyLocalSettings(scriptRoot: string, log: Log): Promise<LocalHost> {
  const file = join(scriptRoot, 'local.settings.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  const { success, data, error } = localSettings.safeParse(parseJson(text));
  if (!success) throw new Error(`local.settings.json: ${error.issues.map(({ path }) => path.join('.')).join(', ')}`);
  if (data.IsEncrypted) throw new Error('local.settings.json is encrypted: run func settings decrypt.');
  for (const [name, value] of Object.entries(data.Values)) {
    if (value === null) continue;
    if (process.env[name] !== undefined && process.env[name] !== value) {
      log('warning', 'system', `Skipping '${name}' from local settings: the environment defines it.`);
    }
    process.env[name] ??= value;
  }
  for (const [name, value] of Object.entries(data.ConnectionStrings)) {
    process.env[`ConnectionStrings:${name}`] ??= typeof value === 'string' ? value : value.ConnectionString;
  }
  return data.Host;
}

/** How the messages of queues are read, worked on and given back: `extensions.queues` of host.json. */
export interface QueueOptions {
  /** Messages that one request takes. */
  batchSize: number;
  /** So many may still be worked on when the next are taken. */
  newBatchThreshold: number;
  /** Tries before a message is put aside as poison. */
  maxDequeueCount: number;
  /** Milliseconds before a message whose function failed comes again. */
  visibilityTimeout: number;
  /** Longest pause between looks at an empty queue, in milliseconds. */
  maxPollingInterval: number;
  messageEncoding: 'base64' | 'none';
}

/** What host.json says, as far as it is served; `AzureFunctionsJobHost__…` in the environment wins. */
export interface HostJson {
  routePrefix: string;
  maxEventBatchSize: number;
  queues: QueueOptions;
}

const whole = (least: number, most = 2 ** 31 - 1) =>
  z.coerce.number().check(z.int(), z.minimum(least), z.maximum(most));
const timeSpan = z.pipe(
  z.string(),
  z.transform((text, context) => {
    const milliseconds = parseTimeSpan(text);
    if (milliseconds !== undefined) return milliseconds;
    context.issues.push({ code: 'custom', message: 'must be a time span like 00:00:30', input: text });
    return z.NEVER;
  }),
);
const encoding = z.pipe(
  z.pipe(
    z.string(),
    z.transform((text) => text.toLowerCase()),
  ),
  z.enum(['base64', 'none']),
);

/** The paths of host.json that are served, with the defaults of the real host. */
const served = {
  'extensions.http.routePrefix': z._default(z.string(), 'api'),
  'extensions.eventHubs.maxEventBatchSize': z._default(whole(1), 100),
  'extensions.queues.batchSize': z._default(whole(1, 32), 16),
  'extensions.queues.newBatchThreshold': z.optional(whole(0)),
  'extensions.queues.maxDequeueCount': z._default(whole(1), 5),
  'extensions.queues.visibilityTimeout': z._default(timeSpan, 0),
  // A minute in Azure; in development, as which Core Tools and this host run, the extension takes 2 s instead.
  'extensions.queues.maxPollingInterval': z._default(timeSpan.check(z.minimum(100)), 2000),
  'extensions.queues.messageEncoding': z._default(encoding, 'base64'),
};

/** @throws Error where the file is missing or not of its form, which names the path. */
export async function readHostJson(scriptRoot: string): Promise<HostJson> {
  const file: unknown = parseJson(await readFile(join(scriptRoot, 'host.json'), 'utf8'));
  const given = Object.keys(served).map((path) => [path, override(path) ?? valueAt(file, path)]);
  const { success, data, error } = z.object(served).safeParse(Object.fromEntries(given));
  if (!success) {
    throw new Error(
      `host.json: ${error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`,
    );
  }
  const batchSize = data['extensions.queues.batchSize'];
  return {
    routePrefix: data['extensions.http.routePrefix'],
    maxEventBatchSize: data['extensions.eventHubs.maxEventBatchSize'],
    queues: {
      batchSize,
      newBatchThreshold: data['extensions.queues.newBatchThreshold'] ?? Math.floor(batchSize / 2),
      maxDequeueCount: data['extensions.queues.maxDequeueCount'],
      visibilityTimeout: data['extensions.queues.visibilityTimeout'],
      maxPollingInterval: data['extensions.queues.maxPollingInterval'],
      messageEncoding: data['extensions.queues.messageEncoding'],
    },
  };
}

function override(path: string): string | undefined {
  return process.env[`AzureFunctionsJobHost__${path.replaceAll('.', '__')}`];
}

function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce((at, name) => objectOf(at)?.[name], value);
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  const { success, data } = z.record(z.string(), z.unknown()).safeParse(value);
  return success ? data : undefined;
}

/**
 * The connection string which a binding's `connection` names, looked up as the real host does: with the prefix
 * `AzureWebJobs` first, among the connection strings before the settings.
 *
 * @throws Error where there is none; where it is an identity's, which a local host has not.
 */
export function readConnectionString(connection: unknown): string {
  const name = String(connection ?? '') || 'Storage';
  const names = [`AzureWebJobs${name}`, name];
  for (const each of names) {
    const places = [`ConnectionStrings:${each}`, `ConnectionStrings__${each}`, each];
    const value = places.map((place) => process.env[place]).find(Boolean);
    if (value) return value;
  }
  const isPartOf = (setting: string) => names.some((each) => setting.startsWith(`${each}__`));
  const part = Object.keys(process.env).find(isPartOf);
  if (part) {
    throw new Error(
      `'${part}' stands for an identity, which a local host has not: set '${name}' to a connection string.`,
    );
  }
  throw new Error(`The setting '${name}' is missing: a connection string.`);
}

/**
 * Replaces each `%NAME%` by the setting of that name.
 *
 * @throws Error in the words of the real host where there is none.
 */
export function resolveSettings(text: string): string {
  return text.replace(/%([^%]+)%/g, (whole, name: string) => {
    const value = process.env[name];
    if (value === undefined) throw new Error(`'${whole}' does not resolve to a value.`);
    return value;
  });
}

/** Whether a setting keeps a function from running. */
export function isDisabled(functionName: string): boolean {
  const names = [`AzureWebJobs.${functionName}.Disabled`, `AzureWebJobs__${functionName}__Disabled`];
  return names.some((name) => /^(true|1)$/i.test(process.env[name] ?? ''));
}

function parseJson(text: string): unknown {
  return JSON.parse(text.replace(/^\uFEFF/, ''));
}

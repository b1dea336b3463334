import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';

const localSettings = z.object({
  Values: z._default(z.record(z.string(), z.nullable(z.string())), {}),
  Host: z.optional(z.object({ CORS: z.optional(z.string()), CORSCredentials: z.optional(z.boolean()) })),
});

/** `Host` of local.settings.json, as far as it is served. */
export type LocalHost = z.infer<typeof localSettings>['Host'];

/**
 * Puts the values of local.settings.json into the environment, which wins; empty strings count, nulls do not.
 *
 * @throws Error where the file is not of its form.
 */
export async function applyLocalSettings(scriptRoot: string): Promise<LocalHost> {
  const file = join(scriptRoot, 'local.settings.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  const { success, data, error } = localSettings.safeParse(parseJson(text));
  if (!success) throw new Error(`local.settings.json: ${error.issues.map(({ path }) => path.join('.')).join(', ')}`);
  for (const [name, value] of Object.entries(data.Values)) if (value !== null) process.env[name] ??= value;
  return data.Host;
}

const hostJson = z.object({
  extensions: z._default(
    z.object({
      http: z._default(z.object({ routePrefix: z._default(z.string(), 'api') }), { routePrefix: 'api' }),
      eventHubs: z._default(z.object({ maxEventBatchSize: z._default(z.int(), 100) }), { maxEventBatchSize: 100 }),
    }),
    { http: { routePrefix: 'api' }, eventHubs: { maxEventBatchSize: 100 } },
  ),
});

/** What host.json says, as far as it is served; `AzureFunctionsJobHost__…` in the environment wins. */
export interface HostJson {
  routePrefix: string;
  maxEventBatchSize: number;
}

/** @throws Error where the file is missing, or not of its form. */
export async function readHostJson(scriptRoot: string): Promise<HostJson> {
  const { extensions } = hostJson.parse(parseJson(await readFile(join(scriptRoot, 'host.json'), 'utf8')));
  const override = (path: string) => process.env[`AzureFunctionsJobHost__extensions__${path}`];
  return {
    routePrefix: override('http__routePrefix') ?? extensions.http.routePrefix,
    maxEventBatchSize: Number(override('eventHubs__maxEventBatchSize') ?? extensions.eventHubs.maxEventBatchSize),
  };
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

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { glob } from 'tinyglobby';
import * as z from 'zod/mini';
import type { Log } from '../log';
import { installCoreModule, Registrations } from './coreModule';

const packageSchema = z.object({ main: z.optional(z.string()) });

/** What the worker offers by default; the library may add to it. */
const capabilities = {
  RawHttpBodyBytes: 'true',
  RpcHttpTriggerMetadataRemoved: 'true',
  RpcHttpBodyOnly: 'true',
  IgnoreEmptyValuedRpcHttpHeaders: 'true',
  UseNullableValueDictionaryForHttp: 'true',
  WorkerStatus: 'true',
  TypedDataCollection: 'true',
  HandlesWorkerTerminateMessage: 'true',
};

/**
 * Loads an app as the Node worker does: the files that `main` of its package.json matches, one after another, then its
 * `appStart` hooks; then nothing more can be registered.
 *
 * @throws Error where nothing matches, a file fails to load, or the app asks for HTTP streaming, which is not served.
 */
export async function loadApp(scriptRoot: string, log: Log): Promise<Registrations> {
  const registrations = new Registrations();
  installCoreModule(registrations, log);
  const { main } = packageSchema.parse(JSON.parse(await readFile(join(scriptRoot, 'package.json'), 'utf8')));
  const files = main === undefined ? [] : await glob(main, { cwd: scriptRoot });
  if (files.length === 0) throw new Error(`No file of the app: "main" in package.json is ${main ?? 'missing'}.`);
  // A dynamic import loads both kinds of module, and runs CommonJS through the patched require.
  for (const file of files.sort()) await import(pathToFileURL(join(scriptRoot, file)).href);
  if (!registrations.model || registrations.functions.length === 0)
    throw new Error('The app registered no function: does it use @azure/functions 4?');
  for (const hook of registrations.hooks.appStart) await hook({ ...registrations.appHooks });
  registrations.capabilities = await registrations.model.getCapabilities({ ...capabilities });
  if (registrations.capabilities.HttpUri)
    throw new Error('HTTP streaming (enableHttpStream) is not served by the local host.');
  registrations.locked = true;
  return registrations;
}

import { setTimeout as sleep } from 'node:timers/promises';
import { loadApp } from './core/app';
import { FunctionIndex } from './functionIndex';
import { answerAdmin } from './http/admin';
import { type AuthMode, noAuth, startAuth } from './http/auth';
import { type Answer, startServer } from './http/server';
import { type Address, listening } from './listening';
import type { Log } from './log';
import { applyLocalSettings, readHostJson } from './settings';
import { openStateFolder } from './stateFile';
import { receiveEvents } from './triggers/eventGrid';

export interface HostOptions {
  /** Folder with host.json, package.json and the built app. */
  scriptRoot: string;
  /** 0 for a free port; undefined for that of local.settings.json, or 7071. */
  port: number | undefined;
  /** Names by which requests may call the host, beside those of this machine. */
  names: readonly string[];
  /** What timers and Event Hubs triggers remember. */
  stateDir: string;
  /** How callers are told apart; undefined where they are not, as in Core Tools. */
  auth: AuthMode | undefined;
  /** Services that the app needs: no function runs before all of them listen. */
  waitFor: readonly Address[];
  log: Log;
  /** Writes a line for a person. */
  print: (line: string) => void;
}

/** A running host. */
export interface Host {
  port: number;
  /** Stops listening, waits for what runs, runs the app's `appTerminate` hooks. */
  stop(): Promise<void>;
}

/** How long a stopping host waits for what still runs, in milliseconds. */
const graceMs = 5000;

/**
 * Runs an app: loads it, starts its triggers, lists its functions. A function that cannot be indexed is told, and the
 * others run.
 *
 * @throws Error where the app cannot be loaded, the port is taken, or nothing can be kept in the state folder.
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const { scriptRoot, port, names, stateDir, auth, waitFor, log, print } = options;
  openStateFolder(stateDir);
  const local = await applyLocalSettings(scriptRoot, log);
  // Requests that come before the functions are there wait for them.
  const { promise: answering, resolve: answerWith } = withResolvers<Answer>();
  const server = await startServer(async (...request) => (await answering)(...request), {
    port: port ?? local?.LocalHttpPort ?? 7071,
    callers: { names, cors: local },
    log,
  });
  const baseUrl = `http://localhost:${server.port}`;
  setWorkerEnvironment(scriptRoot, server.port, auth);
  const met = auth ? startAuth(auth, stateDir) : noAuth;
  const hostJson = await readHostJson(scriptRoot);
  const registrations = await loadApp(scriptRoot, log);
  const index = new FunctionIndex(registrations, hostJson, { stateDir, log });
  const { functions, listeners, routes, errors } = index;
  const facts = { functions, errors, baseUrl, urlOf: (name: string) => routes.urlOf(name, baseUrl) };
  await Promise.all(waitFor.map((address) => listening(address, log)));
  answerWith(async (request, path, query) => {
    const answer = met.meet(request, path, query);
    if (answer) return answer;
    if (/^\/admin(\/|$)/i.test(path)) return answerAdmin(request, path, facts);
    if (/^\/runtime\/webhooks\/eventgrid$/i.test(path)) return receiveEvents(request, query, functions);
    return routes.answer(request, path, (level) => met.mayRun(request, query, level));
  });
  for (const listener of listeners) listener.start();
  print(listFunctions(index, baseUrl).join('\n'));
  return {
    port: server.port,
    async stop() {
      const stopped = Promise.all([server.stop(), ...listeners.map((listener) => listener.stop())]);
      // This timer keeps the process alive, too: a function may wait for something that does not.
      const patience = new AbortController();
      const late = sleep(graceMs, true, { signal: patience.signal }).catch(() => true);
      const isLate = await Promise.race([stopped.then(() => false), late]);
      patience.abort();
      if (isLate) await Promise.all(listeners.map((listener) => listener.abandon?.()));
      server.kill();
      for (const hook of registrations.hooks.appTerminate) await hook({ ...registrations.appHooks });
    },
  };
}

/** `Promise.withResolvers`, which Node 20 has not. */
function withResolvers<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((found) => {
    resolve = found;
  });
  return { promise, resolve };
}

/** What the worker finds in its environment. */
function setWorkerEnvironment(scriptRoot: string, port: number, auth: AuthMode | undefined): void {
  if (auth === 'sign-in') process.env.WEBSITE_AUTH_ENABLED = 'True';
  process.env.FUNCTIONS_WORKER_RUNTIME ??= 'node';
  process.env.AZURE_FUNCTIONS_ENVIRONMENT = 'Development';
  process.env.AzureWebJobsScriptRoot ??= scriptRoot;
  process.env.WEBSITE_HOSTNAME ??= `localhost:${port}`;
}

/** The list that Core Tools prints: HTTP functions first, with their addresses; then the others, with their triggers. */
function listFunctions({ functions, routes }: FunctionIndex, baseUrl: string): string[] {
  const others = functions.filter(({ trigger, disabled }) => !disabled && trigger.type !== 'httpTrigger');
  const disabled = functions.filter((fn) => fn.disabled).map(({ name }) => `Function ${name} is disabled.`);
  const listed = [...routes.list(baseUrl), ...others.map(({ name, trigger }) => `${name}: ${trigger.type}`)];
  return ['', 'Functions:', '', ...listed.flatMap((line) => [`\t${line}`, '']), ...disabled];
}

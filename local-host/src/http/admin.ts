import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { hostname } from 'node:os';
import * as z from 'zod/mini';
import type { HostFunction } from '../hostFunction';
import { readBody } from '../readBody';
import { runManually } from '../triggers/manual';
import type { HttpReply } from './httpTrigger';

/** What the admin endpoints tell of. */
export interface HostFacts {
  functions: readonly HostFunction[];
  /** Why functions could not be indexed, by name. */
  errors: ReadonlyMap<string, string>;
  /** Of this host. */
  baseUrl: string;
  /** Address of an HTTP function. */
  urlOf(name: string): string | undefined;
}

const instanceId = randomUUID();
const manualInput = z.object({ input: z.nullish(z.string()) });
const jsonType = /^application\/json\s*(?:;|$)/i;
const pong: HttpReply = { status: 200, headers: { 'cache-control': 'no-store,no-cache', pragma: 'no-cache' } };

/** The endpoints below `/admin/` that tools use; keys are not asked for, as Core Tools does not. */
export async function answerAdmin(request: IncomingMessage, path: string, facts: HostFacts): Promise<HttpReply> {
  const { method } = request;
  const [, area, name, detail] = path.replace(/^\/|\/$/g, '').split('/');
  if (area === 'host' && name === 'status' && method === 'GET') return json(status(facts));
  if (area === 'host' && name === 'ping' && (method === 'GET' || method === 'POST')) return pong;
  if (area !== 'functions') return { status: 404 };
  if (name === undefined) return method === 'GET' ? json(list(facts)) : { status: 404 };
  const fn = facts.functions.find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (detail === 'status' && method === 'GET' && (fn || facts.errors.has(name))) {
    const error = facts.errors.get(name);
    return json(error === undefined ? {} : { errors: [error] });
  }
  if (detail !== undefined) return { status: 404 };
  if (method === 'POST') return runInBackground(fn, request);
  return fn && method === 'GET' ? json(describe(fn, facts)) : { status: 404 };
}

/** Answers before the function has run: how it ends, only the log tells. What it answers comes from ASP.NET Core MVC. */
async function runInBackground(fn: HostFunction | undefined, request: IncomingMessage): Promise<HttpReply> {
  // The real host takes a few more. A page in a browser cannot send this one to another origin unasked.
  if (!jsonType.test(request.headers['content-type'] ?? '')) return { status: 415 };
  const { success, data } = manualInput.safeParse(parseJson(await readBody(request)));
  if (!success) return { status: 400 };
  if (!fn) return { status: 404 };
  // A failure is logged where it happens.
  void runManually(fn, data.input ?? '').catch(() => {});
  return { status: 202 };
}

function list(facts: HostFacts) {
  const sorted = [...facts.functions].sort((a, b) => (a.name < b.name ? -1 : 1));
  return sorted.map((fn) => describe(fn, facts));
}

function status({ errors }: HostFacts) {
  const version = '4.0.0-local';
  return {
    id: 'local-host',
    state: 'Running',
    version,
    versionDetails: version,
    platformVersion: '',
    instanceId,
    computerName: hostname(),
    ...(errors.size > 0 ? { errors: [...errors].map(([name, error]) => `${name}: ${error}`) } : {}),
    processUptime: Math.round(process.uptime() * 1000),
    functionAppContentEditingState: 'Unknown',
  };
}

function describe({ name, registered, disabled }: HostFunction, { urlOf, baseUrl }: HostFacts) {
  const bindings = Object.entries(registered.metadata.bindings).map(([key, binding]) => ({ ...binding, name: key }));
  return {
    name,
    // Files are not served.
    script_root_path_href: null,
    script_href: null,
    config_href: null,
    test_data_href: null,
    href: `${baseUrl}/admin/functions/${name}`,
    invoke_url_template: urlOf(name)?.toLowerCase() ?? null,
    language: 'node',
    config: { name, language: 'node', bindings },
    files: null,
    test_data: '',
    isDisabled: disabled,
    isDirect: false,
    isProxy: false,
  };
}

function json(value: unknown): HttpReply {
  return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(value) };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

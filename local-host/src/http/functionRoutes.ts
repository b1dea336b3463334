import type { IncomingMessage } from 'node:http';
import type { HostFunction } from '../hostFunction';
import { readBody } from '../readBody';
import { type HttpReply, toHttpData, toHttpReply } from './httpTrigger';
import { compileRoute, type RouteMatcher } from './routeTemplate';

interface Route {
  fn: HostFunction;
  methods: string[];
  template: string;
  matches: RouteMatcher;
}

const programmatic = 'This function was programmatically called via the host APIs.';

/** The HTTP functions of an app, tried in the order in which they were registered. */
export class FunctionRoutes {
  readonly #routes: Route[] = [];

  constructor(private readonly prefix: string) {}

  /** @throws Error where the route is not of its form. */
  add(fn: HostFunction): void {
    const { route, methods } = fn.trigger;
    const path = typeof route === 'string' ? route : fn.name;
    const template = [this.prefix, path].filter(Boolean).join('/');
    const verbs = Array.isArray(methods) ? methods.map((method) => String(method).toUpperCase()) : [];
    this.#routes.push({ fn, methods: verbs, template, matches: compileRoute(template) });
  }

  /** What the console lists: `name: [GET] http://localhost:7071/api/route`. */
  list(baseUrl: string): string[] {
    return this.#routes
      .filter(({ fn }) => !fn.disabled)
      .map(({ fn, methods, template }) => `${fn.name}: [${methods.join(',')}] ${baseUrl}/${template}`);
  }

  /** The address of a function with an HTTP trigger. */
  urlOf(name: string, baseUrl: string): string | undefined {
    const route = this.#routes.find(({ fn }) => fn.name === name);
    return route && `${baseUrl}/${route.template}`;
  }

  /**
   * A method that no route of the path takes is a path that is not there: 404, not 405. A caller who may not run a function
   * of its level is answered 401, without content.
   */
  async answer(request: IncomingMessage, path: string, mayRun: (level: unknown) => boolean): Promise<HttpReply> {
    for (const { fn, methods, matches } of this.#routes) {
      const params = !fn.disabled && methods.includes(request.method ?? '') ? matches(path) : undefined;
      if (params) return mayRun(fn.trigger.authLevel) ? run(fn, request, params) : { status: 401 };
    }
    return path === '/' && request.method === 'GET' ? homepage() : { status: 404 };
  }
}

/** What the host has at its root, where no function is. */
function homepage(): HttpReply {
  if (/^(true|1)$/i.test(process.env.AzureWebJobsDisableHomepage ?? '')) return { status: 204 };
  const body = '<!DOCTYPE html><title>Functions</title><p>Your Functions app is up and running.</p>';
  return { status: 200, headers: { 'content-type': 'text/html' }, body };
}

/** A function that throws answers 500 with nothing; the log has the rest. */
async function run(fn: HostFunction, request: IncomingMessage, params: Record<string, string>): Promise<HttpReply> {
  // Of HTTP/1.0: the host cannot tell the function an address.
  if (!request.headers.host) return { status: 500 };
  // As the host does: a body whose length is not told, as of chunks, does not reach a function.
  const hasBody = Number(request.headers['content-length']) > 0;
  const data = toHttpData(request, params, hasBody ? await readBody(request) : Buffer.alloc(0));
  if (!data) return { status: 400 };
  return fn.invoke({ data }, programmatic).then(toHttpReply, () => ({ status: 500 }));
}

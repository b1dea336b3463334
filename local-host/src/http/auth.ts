import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { parseCookie, stringifySetCookie } from 'cookie';
import { StateFile } from '../stateFile';
import type { HttpReply } from './httpTrigger';

/** How callers are told apart: by keys, as the host does, or by sign-in, as App Service authentication in front of it. */
export type AuthMode = 'keys' | 'sign-in';

/** What stands between a request and what it asks for. */
export interface Auth {
  /** Answers what is for the platform itself; else may tell the app who calls. */
  meet(request: IncomingMessage, path: string, query: URLSearchParams): HttpReply | undefined;
  /** Whether a function of this level is run. */
  mayRun(request: IncomingMessage, query: URLSearchParams, level: unknown): boolean;
}

/** Without either, as Core Tools does: everybody may, and headers are as they were sent. */
export const noAuth: Auth = { meet: () => undefined, mayRun: () => true };

export function startAuth(mode: AuthMode, stateDir: string): Auth {
  return mode === 'keys' ? keyAuth(stateDir) : signInAuth;
}

export const keysFile = (stateDir: string): string => join(stateDir, 'keys.json');

/** Keys of its own, made once: one for functions, one for all (Azure/azure-functions-host, `AuthenticationLevelHandler`). */
function keyAuth(stateDir: string): Auth {
  const kept = new StateFile<string>(keysFile(stateDir));
  const keyOf = (name: string) => {
    const key = kept.get(name) ?? randomBytes(32).toString('base64url');
    if (kept.get(name) === undefined) kept.set(name, key);
    return key;
  };
  const [functionKey, masterKey] = [keyOf('function'), keyOf('master')];
  const mayRun: Auth['mayRun'] = ({ headers }, query, level) => {
    if (level === 'anonymous') return true;
    const given = headers['x-functions-key'] ?? query.get('code');
    return given === masterKey || (level === 'function' && given === functionKey);
  };
  return {
    mayRun,
    meet: (request, path, query) =>
      /^\/admin(\/|$)(?!host\/ping)/i.test(path) && !mayRun(request, query, 'admin') ? { status: 401 } : undefined,
  };
}

const sessionCookie = 'AppServiceAuthSession';

/** A made-up principal: `NAME:ROLE,ROLE`. */
const principalForm = /^[\w.@ -]{1,64}:[\w.]*(,[\w.]+)*$/;
const usual = 'operator:Fleet.Read,Fleet.Write';

/**
 * Principals of its own: whoever comes by `/.auth/login/aad` is signed in, as `?as=NAME:ROLE,ROLE` says; a bearer token of
 * that form counts, too. As the platform does, it takes away what others send in the headers that tell who signed in.
 */
const signInAuth: Auth = {
  mayRun: () => true,
  meet(request, path, query) {
    const told = request.headersDistinct;
    for (const name of Object.keys(told)) if (name.startsWith('x-ms-client-principal')) delete told[name];
    if (path === '/.auth/login/aad') return signIn(query);
    if (path === '/.auth/logout') return redirect(query, '', 0);
    const principal = principalOf(request);
    if (principal !== undefined) Object.assign(told, headersOf(principal));
    return undefined;
  },
};

function signIn(query: URLSearchParams): HttpReply {
  const principal = query.get('as') ?? usual;
  return principalForm.test(principal) ? redirect(query, principal, 8 * 3600) : { status: 400 };
}

/** Back to where the caller came from, on this host alone. */
function redirect(query: URLSearchParams, principal: string, maxAge: number): HttpReply {
  const back = query.get('post_login_redirect_uri') ?? query.get('post_logout_redirect_uri') ?? '/';
  const cookie = { name: sessionCookie, value: principal, httpOnly: true, sameSite: 'lax', path: '/', maxAge } as const;
  return {
    status: 302,
    headers: { location: /^\/(?![/\\])/.test(back) ? back : '/', 'set-cookie': stringifySetCookie(cookie) },
  };
}

function principalOf({ headers }: IncomingMessage): string | undefined {
  const [, token] = /^Bearer (.+)$/i.exec(headers.authorization ?? '') ?? [];
  const principal = token ?? parseCookie(headers.cookie ?? '')[sessionCookie];
  return principal !== undefined && principalForm.test(principal) ? principal : undefined;
}

/** "Access user claims in app code". */
function headersOf(principal: string): Record<string, string[]> {
  const [name = '', roles = ''] = principal.split(':');
  const held = roles.split(',').filter(Boolean);
  const claims = [{ typ: 'name', val: name }, ...held.map((val) => ({ typ: 'roles', val }))];
  const told = { auth_typ: 'aad', claims, name_typ: 'name', role_typ: 'roles' };
  return {
    'x-ms-client-principal': [Buffer.from(JSON.stringify(told)).toString('base64')],
    'x-ms-client-principal-id': [`made-up-${name}`],
    'x-ms-client-principal-idp': ['aad'],
    'x-ms-client-principal-name': [name],
  };
}

import type { IncomingMessage } from 'node:http';
import { stringifySetCookie } from 'cookie';
import type { HttpCookie, HttpData, InvocationResponse, Nullable, TypedData } from '../core/rpc';
import { targetOf } from './requestTarget';

/** What the host answers a request with. */
export interface HttpReply {
  status: number;
  headers?: Record<string, string | string[]>;
  body?: Uint8Array | string;
}

/**
 * A request as the worker gets it: maps of single values, names of headers in lower case. Undefined where its address is
 * none.
 */
export function toHttpData(
  request: IncomingMessage,
  params: Record<string, string>,
  body: Buffer,
): TypedData | undefined {
  const url = targetOf(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
  if (!url) return undefined;
  const headers = Object.entries(request.headersDistinct).map(
    ([name, values]) => [name, values?.join(',') ?? ''] as const,
  );
  // A repeated key comes as one, its values joined.
  const keys = [...new Set(url.searchParams.keys())];
  const query = keys.map((key) => [key, url.searchParams.getAll(key).join(',')] as const);
  const http: HttpData = {
    url: url.href,
    method: request.method ?? 'GET',
    nullableHeaders: nullable(headers),
    nullableParams: nullable(Object.entries(params)),
    nullableQuery: nullable(query),
    ...(body.length > 0 ? { body: { bytes: body } } : {}),
  };
  return { http };
}

function nullable(entries: readonly (readonly [string, string])[]): Record<string, Nullable<string>> {
  return Object.fromEntries(entries.map(([name, value]) => [name, { value }]));
}

/** A function's response; a function that returned nothing answers 204. */
export function toHttpReply({ returnValue }: InvocationResponse): HttpReply {
  const http = returnValue?.http;
  if (!http) return { status: 204 };
  const cookies = (http.cookies ?? []).map(toSetCookie);
  return {
    status: Number(http.statusCode ?? 200),
    headers: { ...http.headers, ...(cookies.length > 0 ? { 'set-cookie': cookies } : {}) },
    body: http.body?.bytes ?? http.body?.string ?? '',
  };
}

/** In the contract, 'none' says that nothing was set. */
const sameSites = { none: undefined, explicitNone: 'none', lax: 'lax', strict: 'strict' } as const;

function toSetCookie({ name, value, domain, path, expires, secure, httpOnly, sameSite, maxAge }: HttpCookie): string {
  const at = expires?.value;
  return stringifySetCookie({
    name,
    value,
    ...given('domain', domain?.value),
    ...given('path', path?.value),
    ...given('expires', at === undefined ? at : new Date(typeof at === 'number' ? at : (at.seconds ?? 0) * 1000)),
    ...given('secure', secure?.value),
    ...given('httpOnly', httpOnly?.value),
    ...given('sameSite', sameSite && sameSites[sameSite]),
    ...given('maxAge', maxAge?.value),
  });
}

function given<Name extends string, T>(name: Name, value: T): { [_ in Name]?: NonNullable<T> } {
  return value === undefined || value === null ? {} : ({ [name]: value } as { [_ in Name]: NonNullable<T> });
}

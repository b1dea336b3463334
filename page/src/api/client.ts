import * as z from 'zod/mini';
import { ApiError, kindOf } from './apiError';
import { key, keyAsked } from './key';

/** The API stands beside the folder that this file was loaded from, whatever the gateway calls that. */
const base = new URL('../', import.meta.url);

/** Longer than the app gives a request itself. */
const patienceMs = 60_000;

export interface Request {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, a content type that no form of another origin can send. */
  json?: unknown;
  /** Sent as it is, with the content type that the headers name. */
  body?: Blob;
  signal?: AbortSignal | undefined;
}

/** An answer, and what its headers tell beside it. */
export interface Answer<T> {
  value: T;
  status: number;
  headers: Headers;
}

/** The address of a route with what it is asked; an empty text is asked for, undefined is not. */
function addressOf(path: string, query: Request['query'] = {}): URL {
  const url = new URL(path, base);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, `${value}`);
  return url;
}

/**
 * Asks the API, and reads the answer by a schema.
 *
 * @throws ApiError
 */
export async function ask<T>(schema: z.ZodMiniType<T>, path: string, request: Request = {}): Promise<Answer<T>> {
  const response = await send(path, request);
  const json: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw toError(response, json);
  const { success, data } = schema.safeParse(json);
  if (success) return { value: data, status: response.status, headers: response.headers };
  throw new ApiError('other', 'The app answered what this page does not know: load the page again.', {
    status: response.status,
  });
}

async function send(path: string, { method = 'GET', query, headers, json, body, signal }: Request): Promise<Response> {
  const late = AbortSignal.timeout(patienceMs);
  try {
    return await fetch(addressOf(path, query), {
      method,
      headers: {
        accept: 'application/json',
        // With a cookie of sign-in, a write must be one that no page of others can have a browser send.
        ...(method === 'GET' ? {} : { 'x-requested-by': 'page' }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key.value === '' ? {} : { 'x-functions-key': key.value }),
        ...headers,
      },
      ...(json === undefined ? (body === undefined ? {} : { body }) : { body: JSON.stringify(json) }),
      cache: 'no-store',
      redirect: 'error',
      signal: signal ? AbortSignal.any([signal, late]) : late,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(
      'unreachable',
      late.aborted
        ? 'The app did not answer within a minute.'
        : 'The app cannot be reached: look at your network, and whether the app runs.',
    );
  }
}

const problemSchema = z.object({
  type: z.optional(z.string()),
  title: z.optional(z.string()),
  detail: z.optional(z.string()),
  lines: z.optional(z.array(z.object({ line: z.number(), detail: z.string() }))),
});

function toError({ status, headers }: Response, json: unknown): ApiError {
  const { data = {} } = problemSchema.safeParse(json);
  const kind = kindOf(status);
  if (kind === 'key') keyAsked.value = wantedOf(data.type);
  const retryAfter = Number(headers.get('retry-after'));
  return new ApiError(kind, data.detail ?? withoutDetail(status), {
    status,
    ...(data.title === undefined ? {} : { title: data.title }),
    ...(data.lines === undefined ? {} : { lines: data.lines }),
    ...(retryAfter > 0 ? { retryAfterSeconds: retryAfter } : {}),
  });
}

/** A function of the app tells that callers sign in; of keys the host says nothing. */
function wantedOf(type: string | undefined): 'signIn' | 'refused' | 'missing' {
  if (type === 'urn:device-twins:problem:not-signed-in') return 'signIn';
  return key.value === '' ? 'missing' : 'refused';
}

/** What the platform answers for the app has no words. */
function withoutDetail(status: number): string {
  if (status === 401) return 'The app asks for a key.';
  if (status === 403) return 'You have signed in, but no role lets you do this.';
  if (status === 404) return 'This is not there.';
  return `The app answered ${status} without saying why.`;
}

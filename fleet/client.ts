import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/mini';
import { visible } from '../src/visible';
import { FailedError, UsageError } from './errors';

/** Attempts in a row that bring nothing, before a request is given up. */
const maxAttempts = 8;
const firstDelayMs = 250;
const maxDelayMs = 30_000;
/** Longest wait that an answer may ask for. */
const maxRetryAfterSeconds = 3600;

const problemSchema = z.object({
  type: z.optional(z.string()),
  title: z.optional(z.string()),
  detail: z.optional(z.string()),
  path: z.optional(z.string()),
  lines: z.optional(z.array(z.object({ line: z.int(), detail: z.string() }))),
});

export type Problem = z.infer<typeof problemSchema>;

/** The API answered with a problem that repeating does not help. */
export class ApiError extends FailedError {
  constructor(
    message: string,
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(message);
  }
}

export interface ApiRequest {
  method?: 'GET' | 'POST' | 'DELETE';
  /** Query parameters; those that are undefined are left out. */
  query?: Readonly<Record<string, string | undefined>>;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
}

/** A whole answer: its body has arrived. */
export interface Answer {
  headers: Headers;
  text: string;
}

export interface ClientOptions {
  url: string;
  key: string | undefined;
  /** Of an app where callers sign in. */
  token?: string | undefined;
  signal: AbortSignal;
  /** Told before each wait. */
  onWait(reason: string, seconds: number): void;
}

/**
 * The HTTP API, with patience: what is throttled (429), down (502, 503, 504) or cut off is asked again, after the time
 * that the answer names, else with exponential back-off. Every request of these commands may be repeated: those that
 * change something carry an idempotency key, or set the same tags again.
 */
export class Client {
  readonly #base: URL;
  /** Whether the API has ever answered; where it never has, the address is more likely wrong than the network bad. */
  #hasAnswered = false;

  constructor(private readonly options: ClientOptions) {
    this.#base = parseUrl(options.url);
    refuseOpenKey(this.#base, options.key ?? options.token);
  }

  /** Where the app is: what one app began goes on with no other. */
  get address(): string {
    return this.#base.href.replace(/\/$/, '');
  }

  /** @throws ApiError | FailedError; what `signal` was aborted with. */
  async send(path: string, request: ApiRequest = {}): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(path, request);
      if ('headers' in outcome) return outcome;
      if (!outcome.mayRepeat || attempt === maxAttempts) throw outcome.error;
      const backOff = (Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1)) * (1 + Math.random())) / 2000;
      const seconds = outcome.retryAfter ?? backOff;
      this.options.onWait(outcome.error.message, seconds);
      await sleep(seconds * 1000, undefined, { signal: this.options.signal });
    }
  }

  /** The JSON of an answer, as a schema describes it. */
  async json<T>(schema: z.ZodMiniType<T>, path: string, request: ApiRequest = {}): Promise<T> {
    const { text } = await this.send(path, request);
    const { success, data } = schema.safeParse(parseJson(text));
    if (success) return data;
    throw new FailedError(`${this.#base.origin} answered what this command does not understand: is it this app?`);
  }

  async #attempt(path: string, { method = 'GET', query = {}, headers, body }: ApiRequest): Promise<Answer | Refusal> {
    const url = new URL(path, this.#base);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    const { key, token, signal } = this.options;
    signal.throwIfAborted();
    // A signal of its own: fetch leaves a listener on what it is given until memory is collected, and an export has
    // ten thousand requests.
    const abort = new AbortController();
    const stop = () => abort.abort(signal.reason);
    signal.addEventListener('abort', stop);
    try {
      const response = await fetch(url, {
        method,
        headers: {
          ...headers,
          ...(key === undefined ? {} : { 'x-functions-key': key }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          // Where callers sign in, a write says that it is not a form of another page.
          ...(method === 'GET' ? {} : { 'x-requested-by': 'fleet' }),
        },
        ...(body === undefined ? {} : { body }),
        // Key and token must not follow to another host.
        redirect: 'error',
        signal: abort.signal,
      });
      const text = await response.text();
      this.#hasAnswered = true;
      return response.ok ? { headers: response.headers, text } : refusal(response, text, key !== undefined);
    } catch (error) {
      if (signal.aborted) throw error;
      return { error: this.#notReached(error), mayRepeat: this.#hasAnswered };
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  #notReached(error: unknown): FailedError {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const why = code || (cause instanceof Error ? cause.message : String(cause));
    const hint = this.#hasAnswered ? '' : ' Is the app running (npm start), and --url right?';
    return new FailedError(`${this.#base.origin} cannot be reached: ${visible(why)}.${hint}`);
  }
}

interface Refusal {
  error: FailedError;
  mayRepeat: boolean;
  /** Seconds. */
  retryAfter?: number | undefined;
}

function refusal({ status, headers }: Response, text: string, hasKey: boolean): Refusal {
  const parsed = problemSchema.safeParse(parseJson(text));
  const problem = parsed.success ? parsed.data : {};
  const retryAfter = parseRetryAfter(headers.get('retry-after'));
  return {
    error: new ApiError(describeProblem(status, problem, hasKey), status, problem),
    mayRepeat: [429, 502, 503, 504].includes(status) || (status === 409 && retryAfter !== undefined),
    retryAfter,
  };
}

function describeProblem(status: number, { title, detail, lines }: Problem, hasKey: boolean): string {
  if (lines?.length) return lines.map((each) => `Line ${each.line}: ${visible(each.detail)}`).join('\n');
  if (detail ?? title) return visible(detail ?? title ?? '');
  if (status === 404) return 'There is no such thing at this address: is --url that of this app?';
  if (status !== 401 && status !== 403) return `The app answered ${status}, and does not say why.`;
  const way = hasKey ? 'the function key is not right' : 'it wants a function key';
  return `The app answered ${status}: ${way}; give --key or FLEET_FUNCTION_KEY.`;
}

/** Seconds or a date (RFC 9110, 10.2.3); undefined where it is neither. */
function parseRetryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.min(maxRetryAfterSeconds, Math.max(0, seconds));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @throws UsageError; the URL is not repeated, for it may hold a secret. */
function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw new UsageError('--url is the address of the app: http(s)://host');
  if (url.search || url.username || url.password) {
    throw new UsageError('--url is the address alone; the function key goes into --key or FLEET_FUNCTION_KEY.');
  }
  // A gateway may have the app below a path; the API's own `api` is added to it.
  url.pathname = url.pathname.replace(/(\/api)?\/*$/, '/');
  return url;
}

/** @throws UsageError where key or token would go over a network that everybody on the way can read. */
function refuseOpenKey({ protocol, hostname }: URL, key: string | undefined): void {
  const isLocal = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname);
  if (key === undefined || protocol === 'https:' || isLocal) return;
  throw new UsageError('A function key or token goes by https only: --url https://…');
}

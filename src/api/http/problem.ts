import type { HttpResponseInit } from '@azure/functions';

/** Each problem's status and title. */
export const problems = {
  'invalid-request': { status: 400, title: 'The request is not valid' },
  'not-signed-in': { status: 401, title: 'You have not signed in' },
  'role-missing': { status: 403, title: 'Your roles do not allow this' },
  'unknown-device': { status: 404, title: 'There is no such device' },
  'unknown-job': { status: 404, title: 'There is no such job' },
  'unknown-change': { status: 404, title: 'There is no such change' },
  'not-acceptable': { status: 406, title: 'The answer has no such content type' },
  'job-state': { status: 409, title: 'The state of the job does not allow this' },
  'not-undoable': { status: 409, title: 'This cannot be taken back' },
  'idempotency-conflict': { status: 409, title: 'The idempotency key was used for another request' },
  'cursor-expired': { status: 410, title: 'What came after the cursor is not kept any more' },
  'etag-mismatch': { status: 412, title: 'The twin has changed' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-content-type': { status: 415, title: 'The content type is not supported' },
  'hub-throttling': { status: 429, title: 'The hub is throttling requests' },
  'hub-refuses': { status: 500, title: 'The hub refuses this app' },
  'invalid-setting': { status: 500, title: 'This app is not configured' },
  'internal-error': { status: 500, title: 'This app failed' },
  'tables-unavailable': { status: 503, title: 'The tables of this app are not available' },
  'queue-unavailable': { status: 503, title: 'The queue of this app is not available' },
  'hub-unavailable': { status: 503, title: 'The hub is not available' },
};

/** The problems that HTTP functions answer. */
export type ProblemName = keyof typeof problems;

/**
 * A problem detail (RFC 9457). `detail` says what to do; `path` is where in the request the fault is, `lines` tell the
 * faults of a body that is a list of lines.
 */
export interface Problem {
  name: ProblemName;
  detail: string;
  path?: string | undefined;
  lines?: readonly { line: number; detail: string }[] | undefined;
  retryAfterSeconds?: number | undefined;
}

/** Fails the request with a problem of its own. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

/** The URI that tells a problem from others. */
export function problemType(name: ProblemName): string {
  return `urn:device-twins:problem:${name}`;
}

/** The answer that tells a problem. */
export function problemResponse({
  name,
  detail,
  path,
  lines,
  retryAfterSeconds,
}: Problem): HttpResponseInit & { status: number } {
  const { status, title } = problems[name];
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    },
    body: JSON.stringify({ type: problemType(name), title, status, detail, path, lines }),
  };
}

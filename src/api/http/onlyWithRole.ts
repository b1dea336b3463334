import type { HttpRequest } from '@azure/functions';
import * as z from 'zod/mini';
import type { Serve } from './endpoint';
import { ProblemError } from './problem';

/** App roles of the registration: what a principal may. */
const roles = { read: 'Fleet.Read', write: 'Fleet.Write' };

/** Content types that a form cannot send, nor a page of another origin unasked (Fetch, "CORS-safelisted request-header"). */
const unforgeable = /^(application\/(json|merge-patch\+json|x-ndjson)|text\/csv)\s*(;|$)/i;

/** What the platform tells of who signed in ("Access user claims in app code"): base64 of this, as JSON. */
const principalSchema = z.object({
  claims: z.array(z.object({ typ: z.string(), val: z.string() })),
  role_typ: z.optional(z.string()),
});

const roleClaims = ['roles', 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role'];

/**
 * Serves those who have signed in with a role: `Fleet.Read` for what is only read, `Fleet.Write` for all. For where App
 * Service authentication stands before the app alone: there it sets the header itself, and takes away what others send.
 */
export function onlyWithRole<Services>(serve: Serve<Services>): Serve<Services> {
  return async (request, services, context) => {
    refuseStrangers(request);
    return serve(request, services, context);
  };
}

/** @throws ProblemError */
function refuseStrangers({ method, headers }: HttpRequest): void {
  const held = rolesOf(headers.get('x-ms-client-principal'));
  if (!held) throw new ProblemError({ name: 'not-signed-in', detail: 'Sign in at /.auth/login/aad, or send a token.' });
  const isRead = method === 'GET' || method === 'HEAD';
  if (!held.includes(roles.write) && !(isRead && held.includes(roles.read))) {
    const wanted = isRead ? `${roles.read} or ${roles.write}` : roles.write;
    throw new ProblemError({
      name: 'role-missing',
      detail: `This takes the app role ${wanted}: ask who runs the app.`,
    });
  }
  // A browser sends the session's cookie with what pages of others have it send, too.
  if (isRead || headers.has('x-requested-by') || unforgeable.test(headers.get('content-type') ?? '')) return;
  throw new ProblemError({
    name: 'unsupported-content-type',
    detail: 'Send a body of JSON, CSV or NDJSON, or a header X-Requested-By: a form of another page can send neither.',
  });
}

/** The roles of a principal; undefined where there is none. */
function rolesOf(header: string | null): string[] | undefined {
  if (!header) return undefined;
  const { success, data } = principalSchema.safeParse(parse(header));
  if (!success) return undefined;
  const types = [...roleClaims, data.role_typ];
  return data.claims.filter(({ typ }) => types.includes(typ)).map(({ val }) => val);
}

function parse(header: string): unknown {
  try {
    return JSON.parse(Buffer.from(header, 'base64').toString());
  } catch {
    return undefined;
  }
}

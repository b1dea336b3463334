import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { InvalidInputError } from '../../errors/invalidInputError';
import { problemResponse } from './problem';
import { toProblem } from './toProblem';

/** Answers a request, or throws what {@link endpoint} turns into a problem. */
export type Serve<Services> = (
  request: HttpRequest,
  services: Services,
  context: InvocationContext,
) => Promise<HttpResponseInit>;

/** What pages of other origins may read where the platform lets them in: its CORS has no setting for these. */
const exposed = 'ETag, Link, Location, Retry-After, X-Freshness, X-Total-Count';

/** The host makes one text of the values of a parameter, which would be a location that no device is in. */
function refuseTwice(url: string): void {
  const end = url.indexOf('?');
  if (end < 0) return;
  const names = [...new URLSearchParams(url.slice(end)).keys()];
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) throw new InvalidInputError(`${twice} is given twice.`, twice);
}

/** An HTTP function that answers every failure as a problem (RFC 9457), and logs those that are not the caller's. */
export function endpoint<Services>(serve: Serve<Services>, services: Services): HttpHandler {
  const answer = async (request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
    try {
      refuseTwice(request.url);
      return await serve(request, services, context);
    } catch (error) {
      const response = problemResponse(toProblem(error));
      if (response.status >= 500) context.error(`${context.functionName} answers ${response.status}:`, error);
      return response;
    }
  };
  return async (request, context) => {
    const response = await answer(request, context);
    if (!request.headers.has('origin')) return response;
    const headers = Object.fromEntries(new Headers(response.headers));
    return { ...response, headers: { ...headers, 'access-control-expose-headers': exposed } };
  };
}

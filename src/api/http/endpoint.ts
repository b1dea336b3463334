import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { problemResponse } from './problem';
import { toProblem } from './toProblem';

/** Answers a request, or throws what {@link endpoint} turns into a problem. */
export type Serve<Services> = (
  request: HttpRequest,
  services: Services,
  context: InvocationContext,
) => Promise<HttpResponseInit>;

/** An HTTP function that answers every failure as a problem (RFC 9457), and logs those that are not the caller's. */
export function endpoint<Services>(serve: Serve<Services>, services: Services): HttpHandler {
  return async (request, context) => {
    try {
      return await serve(request, services, context);
    } catch (error) {
      const response = problemResponse(toProblem(error));
      if (response.status >= 500) context.error(`${context.functionName} answers ${response.status}:`, error);
      return response;
    }
  };
}

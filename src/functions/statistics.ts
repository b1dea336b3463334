import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { noParameters, readParameters } from '../api/http/parameters';
import type { Services } from '../app/services';
import { deadlines } from '../azure/hub/deadlines';

/** Answers how many devices the hub has: in all, enabled, disabled. */
export async function statistics({ query }: HttpRequest, { hub }: Services): Promise<HttpResponseInit> {
  readParameters(noParameters, query);
  return { jsonBody: await hub(deadlines.request).getStatistics() };
}

import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { Services } from '../app/services';
import { deadlines } from '../azure/hub/deadlines';

/** Answers how many devices the hub has: in all, enabled, disabled. */
export async function statistics(_request: HttpRequest, { hub }: Services): Promise<HttpResponseInit> {
  return { jsonBody: await hub(deadlines.request).getStatistics() };
}

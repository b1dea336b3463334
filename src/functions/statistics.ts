import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import { endpoint } from '../http/endpoint';
import { deadlines, type Services } from '../services';

/** Answers how many devices the hub has: in all, enabled, disabled. */
export async function statistics(_request: HttpRequest, { hub }: Services): Promise<HttpResponseInit> {
  return { jsonBody: await hub(deadlines.request).getStatistics() };
}

app.get('statistics', { route: 'statistics', authLevel: 'function', handler: endpoint(statistics) });

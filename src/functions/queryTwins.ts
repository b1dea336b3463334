import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import { endpoint } from '../http/endpoint';
import { given, parseLimit } from '../http/pageQuery';
import { maxPageSize } from '../hub/hub';
import { listDevices } from '../queries/listDevices';
import { deadlines, type Services } from '../services';
import { need } from '../settings';

/** Answers one page of the devices of a location, of a connectivity, of both, or of the fleet. */
export async function queryTwins({ query }: HttpRequest, { hub, settings }: Services): Promise<HttpResponseInit> {
  const list = await listDevices(hub(deadlines.request), {
    paths: { location: need(settings.locationPath), connectivity: need(settings.connectivityPath) },
    location: given(query.get('location')),
    connectivity: given(query.get('connectivity')),
    limit: parseLimit(query.get('limit'), maxPageSize),
    continuation: given(query.get('continuation')),
  });
  return { jsonBody: list };
}

app.get('queryTwins', { route: 'devices', authLevel: 'function', handler: endpoint(queryTwins) });

import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import { endpoint } from '../http/endpoint';
import { maxPageSize } from '../hub/hub';
import { InvalidInputError } from '../invalidInputError';
import { listDevices } from '../queries/listDevices';
import { deadlines, type Services } from '../services';
import { need } from '../settings';

/** Answers one page of the devices of a location, of a connectivity, of both, or of the fleet. */
export async function queryTwins({ query }: HttpRequest, { hub, settings }: Services): Promise<HttpResponseInit> {
  const list = await listDevices(hub(deadlines.request), {
    paths: { location: need(settings.locationPath), connectivity: need(settings.connectivityPath) },
    location: given(query.get('location')),
    connectivity: given(query.get('connectivity')),
    limit: parseLimit(query.get('limit')),
    continuation: given(query.get('continuation')),
  });
  return { jsonBody: list };
}

function given(parameter: string | null): string | undefined {
  return parameter || undefined;
}

function parseLimit(text: string | null): number {
  const limit = text ? Number(/^\d{1,3}$/.exec(text)?.[0]) : maxPageSize;
  if (limit >= 1 && limit <= maxPageSize) return limit;
  throw new InvalidInputError(`limit is a whole number from 1 to ${maxPageSize}.`, 'limit');
}

app.get('queryTwins', { route: 'devices', authLevel: 'function', handler: endpoint(queryTwins) });

import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { readParameters } from '../api/http/parameters';
import { locationPathParameters } from '../api/requests/keptSchemas';
import type { Services } from '../app/services';
import { InvalidInputError } from '../errors/invalidInputError';
import { listMembers } from './locationDevices';

/**
 * Answers what `locationDevices` does at its old address, where the location is a step of the path. An escaped `/` or
 * `%` does not reach a function as it was sent, so a name with one of them may be another.
 */
export async function locationDevicesByPath(
  { params, query, url }: HttpRequest,
  services: Services,
): Promise<HttpResponseInit> {
  const parameters = readParameters(locationPathParameters, query);
  const { location = '' } = params;
  if (/[/%]/.test(location)) {
    throw new InvalidInputError('Ask /api/locations/devices?location=…: a path cannot hold this location.', 'location');
  }
  const next = new URL(url);
  next.pathname = next.pathname.replace(/[^/]*\/devices$/i, 'devices');
  next.searchParams.set('location', location);
  return listMembers({ ...parameters, location }, next.href, services);
}

import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { encodeCsv } from '../api/formats/csvEncode';
import { negotiate } from '../api/http/negotiate';
import { nextLink } from '../api/http/nextLink';
import { readParameters } from '../api/http/parameters';
import { queryTwinsParameters, queryTwinsTypes } from '../api/requests/queryTwinsSchemas';
import type { Services } from '../app/services';
import { need } from '../app/settings';
import { deadlines } from '../azure/hub/deadlines';
import { parseFields } from '../conditions/chosenFields';
import { askedAtOf } from '../conditions/continuation';
import { parseFilter } from '../conditions/deviceFilter';
import { freshNow } from '../conditions/freshness';
import { type PropertyPath, plainPath } from '../conditions/propertyPath';
import type { ListedFields } from '../conditions/twinQuery';
import { InvalidInputError } from '../errors/invalidInputError';
import { countDevices } from '../queries/countDevices';
import { type ListedDevice, planListing, toJson } from '../queries/listDevices';

/** Answers one page of the devices that meet a condition, or of the fleet. */
export async function queryTwins(request: HttpRequest, { hub, settings }: Services): Promise<HttpResponseInit> {
  const type = negotiate(request.headers.get('accept'), queryTwinsTypes);
  refuseSort(request.query);
  const parameters = readParameters(queryTwinsParameters, request.query);
  const paths = { location: need(settings.locationPath), connectivity: need(settings.connectivityPath) };
  const { continuation: before } = parameters;
  const askedAt = (before === undefined ? undefined : askedAtOf(before)) ?? new Date();
  const condition = await parseFilter(parameters, paths, askedAt);
  const fields = parseFields(parameters.fields);
  const list = planListing({ ...parameters, paths, condition, fields, continuation: before, askedAt });
  const freshness = freshNow();
  const connection = hub(deadlines.request);
  const [{ devices, continuation }, counted] = await Promise.all([
    list(connection),
    parameters.count ? countDevices(connection, condition) : undefined,
  ]);
  const count = counted && { count: counted.count };
  return {
    headers: {
      'content-type': type === 'text/csv' ? 'text/csv; charset=utf-8' : type,
      vary: 'accept',
      ...(continuation === undefined ? {} : { link: nextLink(request.url, continuation) }),
      // CSV and NDJSON have no place for these.
      'x-freshness': `${freshness.source}; askedAt="${freshness.askedAt}"`,
      ...(count && { 'x-total-count': String(count.count) }),
    },
    body:
      type === 'application/json'
        ? JSON.stringify({ devices: devices.map((each) => toJson(each, fields)), ...count, continuation, freshness })
        : (type === 'text/csv' ? toCsv : toNdjson)(devices, fields, paths),
  };
}

/** `deviceId`, the location, the connectivity, then the chosen fields, each by its path: what an import reads again. */
function toCsv(devices: ListedDevice[], fields: readonly PropertyPath[], paths: ListedFields): string {
  const always = [paths.location, paths.connectivity];
  const shown = fields.map((path, index) => ({ path, index })).filter(({ path }) => !always.includes(path));
  return encodeCsv(
    ['deviceId', ...[...always, ...shown.map(({ path }) => path)].map(plainPath)],
    devices.map(({ deviceId, location, connectivity, values }) => [
      deviceId,
      location,
      connectivity,
      ...shown.map(({ index }) => values[index]),
    ]),
  );
}

function toNdjson(devices: ListedDevice[], fields: readonly PropertyPath[]): string {
  return devices.map((device) => `${JSON.stringify(toJson(device, fields))}\n`).join('');
}

function refuseSort(query: URLSearchParams): void {
  for (const name of ['sort', 'orderBy', 'order']) {
    if (!query.has(name)) continue;
    throw new InvalidInputError('A hub cannot sort: its query language has no ORDER BY. Sort what you got.', name);
  }
}

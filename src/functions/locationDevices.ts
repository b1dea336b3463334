import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type * as z from 'zod/mini';
import { nextLink } from '../api/http/nextLink';
import { readParameters } from '../api/http/parameters';
import { locationDevicesParameters } from '../api/requests/keptSchemas';
import { needRecords, type Services } from '../app/services';
import { unwrapContinuation, wrapContinuation } from '../conditions/continuation';
import { standingOf } from '../members/standing';

/** Answers one page of the devices of a location, as events told; the hub is not asked. */
export async function locationDevices({ query, url }: HttpRequest, services: Services): Promise<HttpResponseInit> {
  return listMembers(readParameters(locationDevicesParameters, query), url, services);
}

/** @param url where the page after this one is asked for, with its continuation. */
export async function listMembers(
  { limit, continuation: asked, ...where }: z.infer<typeof locationDevicesParameters>,
  url: string,
  services: Services,
): Promise<HttpResponseInit> {
  const records = needRecords(services);
  const paged = { query: JSON.stringify(where), pageSize: limit };
  const page = await records.members.list(
    where,
    limit,
    asked === undefined ? undefined : unwrapContinuation(paged, asked),
  );
  const continuation = page.continuation === undefined ? undefined : wrapContinuation(paged, page.continuation);
  return {
    headers: continuation === undefined ? {} : { link: nextLink(url, continuation) },
    jsonBody: {
      location: where.location,
      devices: page.members.map(({ location: _, ...member }) => member),
      ...(await standingOf(records)),
      ...(continuation === undefined ? {} : { continuation }),
    },
  };
}

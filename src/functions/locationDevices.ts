import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { given, parseLimit } from '../api/http/pageQuery';
import { needRecords, type Services } from '../app/services';
import { maxRowsPerPage } from '../azure/tables/table';
import { unwrapContinuation, wrapContinuation } from '../conditions/continuation';
import { standingOf } from '../members/standing';

/** Answers one page of the devices of a location, as events told; the hub is not asked. */
export async function locationDevices({ params, query }: HttpRequest, services: Services): Promise<HttpResponseInit> {
  const records = needRecords(services);
  const { location = '' } = params;
  const connectivity = given(query.get('connectivity'));
  const pageSize = parseLimit(query.get('limit'), maxRowsPerPage);
  const paged = { query: JSON.stringify({ location, connectivity }), pageSize };
  const asked = given(query.get('continuation'));
  const where = { location, ...(connectivity === undefined ? {} : { connectivity }) };
  const page = await records.members.list(
    where,
    pageSize,
    asked === undefined ? undefined : unwrapContinuation(paged, asked),
  );
  return {
    jsonBody: {
      location,
      devices: page.members.map(({ location: _, ...member }) => member),
      ...(await standingOf(records)),
      ...(page.continuation === undefined ? {} : { continuation: wrapContinuation(paged, page.continuation) }),
    },
  };
}

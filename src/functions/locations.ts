import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { noParameters, readParameters } from '../api/http/parameters';
import { needRecords, type Services } from '../app/services';
import { countMembers } from '../members/countMembers';
import { standingOf } from '../members/standing';

/** Answers how many devices each location has, and by which connectivity, as events told. */
export async function locations({ query }: HttpRequest, services: Services): Promise<HttpResponseInit> {
  readParameters(noParameters, query);
  const records = needRecords(services);
  return { jsonBody: { locations: await countMembers(records.members), ...(await standingOf(records)) } };
}

import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { needRecords, type Services } from '../app/services';
import { countMembers } from '../members/countMembers';
import { standingOf } from '../members/standing';

/** Answers how many devices each location has, and by which connectivity, as events told. */
export async function locations(_request: HttpRequest, services: Services): Promise<HttpResponseInit> {
  const records = needRecords(services);
  return { jsonBody: { locations: await countMembers(records.members), ...(await standingOf(records)) } };
}

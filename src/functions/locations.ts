import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { needRecords, type Services } from '../app/services';
import { countMembers } from '../members/countMembers';

/** Answers how many devices each location has, and by which connectivity, as events told. */
export async function locations(_request: HttpRequest, services: Services): Promise<HttpResponseInit> {
  const { members } = needRecords(services);
  return { jsonBody: { locations: await countMembers(members), comparedAt: await members.comparedAt() } };
}

import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { readParameters } from '../api/http/parameters';
import { trendsParameters } from '../api/requests/keptSchemas';
import { needRecords, type Services } from '../app/services';
import { readTrends } from '../trends/trends';

/** Answers how counts developed, in columns that a plotting library takes as they are. */
export async function trends({ query }: HttpRequest, services: Services): Promise<HttpResponseInit> {
  const asked = readParameters(trendsParameters, query);
  return { jsonBody: await readTrends(needRecords(services).trends, asked) };
}

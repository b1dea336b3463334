import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { encodeCsv } from '../api/formats/csvEncode';
import { negotiate } from '../api/http/negotiate';
import { nextLink } from '../api/http/nextLink';
import { readParameters } from '../api/http/parameters';
import { outcomesParameters, outcomesTypes } from '../api/requests/keptSchemas';
import { jobMeans } from '../app/jobMeans';
import type { Services } from '../app/services';
import { readOutcomes } from '../tagJobs/jobOutcomes';

/** Answers a page of the devices of a job, with what became of each: what an operator needs after a job was cancelled. */
export async function tagJobOutcomes(request: HttpRequest, services: Services): Promise<HttpResponseInit> {
  const { headers, params, query, url } = request;
  const type = negotiate(headers.get('accept'), outcomesTypes);
  const asked = readParameters(outcomesParameters, query);
  const { jobId = '' } = params;
  const page = await readOutcomes(jobId, jobMeans(services), asked);
  return {
    headers: {
      'content-type': type === 'text/csv' ? 'text/csv; charset=utf-8' : type,
      vary: 'accept',
      ...(page.continuation === undefined ? {} : { link: nextLink(url, page.continuation) }),
    },
    body:
      type === 'application/json'
        ? JSON.stringify({ jobId, ...page })
        : encodeCsv(
            ['deviceId', 'outcome', 'status', 'detail'],
            page.outcomes.map(({ deviceId, outcome, status, detail }) => [deviceId, outcome, status, detail]),
          ),
  };
}

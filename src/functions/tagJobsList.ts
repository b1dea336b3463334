import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { nextLink } from '../api/http/nextLink';
import { readParameters } from '../api/http/parameters';
import { tagJobsParameters } from '../api/requests/keptSchemas';
import { jobMeans } from '../app/jobMeans';
import type { Services } from '../app/services';
import { listJobs } from '../tagJobs/listJobs';

/** Answers a page of the jobs that are told of, newest first. */
export async function tagJobsList({ query, url }: HttpRequest, services: Services): Promise<HttpResponseInit> {
  const page = await listJobs(jobMeans(services), readParameters(tagJobsParameters, query));
  return {
    headers: page.continuation === undefined ? {} : { link: nextLink(url, page.continuation) },
    jsonBody: page,
  };
}

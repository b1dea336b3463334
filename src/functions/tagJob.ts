import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { readParameters } from '../api/http/parameters';
import { tagJobParameters } from '../api/requests/keptSchemas';
import { jobMeans } from '../app/jobMeans';
import type { Services } from '../app/services';
import { cancelJob, readJob } from '../tagJobs/keptJob';

/** Answers how far a job is, with a page of the devices that were not tagged; on DELETE, cancels it first. */
export async function tagJob({ method, params, query }: HttpRequest, services: Services): Promise<HttpResponseInit> {
  const { jobId = '' } = params;
  const page = readParameters(tagJobParameters, query);
  return { jsonBody: await (method === 'DELETE' ? cancelJob : readJob)(jobId, jobMeans(services), page) };
}

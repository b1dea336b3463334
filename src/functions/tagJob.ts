import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { given, parseLimit } from '../api/http/pageQuery';
import { jobMeans } from '../app/jobMeans';
import type { Services } from '../app/services';
import { cancelJob, readJob } from '../tagJobs/keptJob';

const maxFailures = 100;

/** Answers how far a job is, with a page of the devices that were not tagged; on DELETE, cancels it first. */
export async function tagJob({ method, params, query }: HttpRequest, services: Services): Promise<HttpResponseInit> {
  const { jobId = '' } = params;
  const page = {
    limit: parseLimit(query.get('limit'), maxFailures),
    continuation: given(query.get('continuation')),
  };
  return { jsonBody: await (method === 'DELETE' ? cancelJob : readJob)(jobId, jobMeans(services), page) };
}

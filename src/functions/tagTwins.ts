import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { readTagRequest } from '../api/requests/readTagRequest';
import { jobMeans } from '../app/jobMeans';
import type { Services } from '../app/services';
import { need } from '../app/settings';
import { formatPairs } from '../formatPairs';
import type { JobMeans } from '../tagJobs/jobMeans';
import { tryOut } from '../tagJobs/planJob';
import { endOfRequest, startJob } from '../tagJobs/startJob';
import type { TagRequest } from '../tagJobs/targets';

/** Tags many devices: those that fit into a request at once, more by the queue, or by the hub itself. */
export async function tagTwins(
  request: HttpRequest,
  services: Services,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  const end = endOfRequest();
  const { locationPath, connectivityPath } = services.settings;
  const paths = { location: need(locationPath), connectivity: need(connectivityPath) };
  const means = jobMeans(services);
  const asked = await readTagRequest(request, paths, need(services.settings.isSignedIn));
  return answerRequest(asked, means, end, context);
}

/** Carries out a request, or says what it would do: 200 where that is all, 202 where a job goes on. */
export async function answerRequest(
  asked: TagRequest,
  means: JobMeans,
  end: number,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  if (asked.dryRun) return { jsonBody: await tryOut(asked, means) };
  const job = await startJob(asked, means, end);
  const { jobId, engine, state, counts } = job;
  context.log(`tag job ${jobId} is ${state} | ${formatPairs({ engine, ...counts })}`);
  if (engine === 'direct') return { jsonBody: job };
  return { status: 202, headers: { location: `/api/tagJobs/${jobId}` }, jsonBody: job };
}

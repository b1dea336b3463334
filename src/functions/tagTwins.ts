import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { formatPairs } from '../formatPairs';
import type { Services } from '../services';
import { need } from '../settings';
import { tryOut } from '../tagJobs/planJob';
import { endOfRequest, startJob } from '../tagJobs/startJob';
import { readTagRequest } from '../tagJobs/tagRequest';

/** Tags many devices: those that fit into a request at once, more by the queue, or by the hub itself. */
export async function tagTwins(
  request: HttpRequest,
  services: Services,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  const end = endOfRequest();
  const { locationPath, connectivityPath } = services.settings;
  const paths = { location: need(locationPath), connectivity: need(connectivityPath) };
  const asked = await readTagRequest(request, paths);
  if (asked.dryRun) return { jsonBody: await tryOut(asked, services) };
  const job = await startJob(asked, services, end);
  const { jobId, engine, state, counts } = job;
  context.log(`tag job ${jobId} is ${state} | ${formatPairs({ engine, ...counts })}`);
  if (engine === 'direct') return { jsonBody: job };
  return { status: 202, headers: { location: `/api/tagJobs/${jobId}` }, jsonBody: job };
}

import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { readUndoRequest } from '../api/requests/readUndoRequest';
import { jobMeans } from '../app/jobMeans';
import type { Services } from '../app/services';
import { need } from '../app/settings';
import { endOfRequest } from '../tagJobs/startJob';
import { undoOfJob } from '../tagJobs/undoJob';
import { answerRequest } from './tagTwins';

/** Puts back what a tag job replaced, where nobody has changed it since, by a tag job of its own. */
export async function undoJob(
  request: HttpRequest,
  services: Services,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  const end = endOfRequest();
  const { jobId = '' } = request.params;
  const means = jobMeans(services);
  const asked = await readUndoRequest(request, jobId, need(services.settings.isSignedIn));
  const targets = await undoOfJob(jobId, asked.force, means);
  return answerRequest({ ...asked, targets }, means, end, context);
}

import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { readUndoRequest } from '../api/requests/readUndoRequest';
import { jobMeans } from '../app/jobMeans';
import { needRecords, type Services } from '../app/services';
import { need } from '../app/settings';
import { endOfRequest } from '../tagJobs/startJob';
import { undoOfChange } from '../tagJobs/undoJob';
import { parseDeviceId } from '../twins/deviceId';
import { answerRequest } from './tagTwins';

/** Puts back what one change of a device replaced, where nobody has changed it since, by a tag job of its own. */
export async function undoChange(
  request: HttpRequest,
  services: Services,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  const end = endOfRequest();
  const { id = '' } = request.params;
  const deviceId = parseDeviceId(request.params.deviceId);
  const asked = await readUndoRequest(request, id, need(services.settings.isSignedIn));
  const targets = await undoOfChange(deviceId, id, asked.force, needRecords(services).history);
  return answerRequest({ ...asked, engine: 'direct', targets }, jobMeans(services), end, context);
}

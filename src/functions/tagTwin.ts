import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { formatETag, parseIfMatch } from '../api/http/etag';
import { readParameters } from '../api/http/parameters';
import { readJsonBody } from '../api/http/readJsonBody';
import { readAuthor } from '../api/requests/author';
import { refuseTwinForm, tagTwinParameters } from '../api/requests/twinForm';
import type { Services } from '../app/services';
import { need } from '../app/settings';
import { deadlines } from '../azure/hub/deadlines';
import { formatPairs } from '../formatPairs';
import { parseDeviceId } from '../twins/deviceId';
import { isEmptyPatch, parseTagsPatch } from '../twins/tags';

/**
 * Merges the tags of the body into those of a twin, on `If-Match` only into the twin of that etag; who asked for it and
 * why is kept beside the twin's version.
 */
export async function tagTwin(
  request: HttpRequest,
  { hub: connect, settings, records }: Services,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  const id = parseDeviceId(request.params.deviceId);
  const ifMatch = parseIfMatch(request.headers.get('if-match'));
  const { allow, reason } = readParameters(tagTwinParameters, request.query);
  const author = readAuthor(request, need(settings.isSignedIn), reason);
  const body = await readJsonBody(request);
  refuseTwinForm(body, allow);
  const patch = parseTagsPatch(body);
  const hub = connect(deadlines.request);
  const { deviceId, etag, version, tags = {} } = await hub.updateTags(id, patch, ifMatch);
  // Device and version join this call to what follows from it: the hub carries no trace context through a change.
  context.log(`devices/${deviceId} tagged | ${formatPairs({ version })}`);
  const writes = isEmptyPatch(patch) ? undefined : records()?.writes;
  if ((await writes?.note(deviceId, version, author, hub.now())) === false) {
    context.warn(`devices/${deviceId} tagged, but the tables do not answer: who did it is kept nowhere.`);
  }
  return { headers: { etag: formatETag(etag) }, jsonBody: { deviceId, etag, version, tags } };
}

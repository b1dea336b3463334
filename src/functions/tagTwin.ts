import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { formatETag, parseIfMatch } from '../api/http/etag';
import { readParameters } from '../api/http/parameters';
import { readJsonBody } from '../api/http/readJsonBody';
import { refuseTwinForm, tagTwinParameters } from '../api/requests/twinForm';
import type { Services } from '../app/services';
import { deadlines } from '../azure/hub/deadlines';
import { formatPairs } from '../formatPairs';
import { parseDeviceId } from '../twins/deviceId';
import { parseTagsPatch } from '../twins/tags';

/** Merges the tags of the body into those of a twin, on `If-Match` only into the twin of that etag. */
export async function tagTwin(
  request: HttpRequest,
  { hub }: Services,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  const id = parseDeviceId(request.params.deviceId);
  const ifMatch = parseIfMatch(request.headers.get('if-match'));
  const { allow } = readParameters(tagTwinParameters, request.query);
  const body = await readJsonBody(request);
  refuseTwinForm(body, allow);
  const patch = parseTagsPatch(body);
  const { deviceId, etag, version, tags = {} } = await hub(deadlines.request).updateTags(id, patch, ifMatch);
  // Device and version join this call to what follows from it: the hub carries no trace context through a change.
  context.log(`devices/${deviceId} tagged | ${formatPairs({ version })}`);
  return { headers: { etag: formatETag(etag) }, jsonBody: { deviceId, etag, version, tags } };
}

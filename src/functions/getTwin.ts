import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { formatETag } from '../api/http/etag';
import type { Services } from '../app/services';
import { deadlines } from '../azure/hub/deadlines';
import { parseDeviceId } from '../twins/deviceId';

/** Answers a twin as the hub has it now. */
export async function getTwin(request: HttpRequest, { hub }: Services): Promise<HttpResponseInit> {
  const twin = await hub(deadlines.request).getTwin(parseDeviceId(request.params.deviceId));
  return { headers: { etag: formatETag(twin.etag) }, jsonBody: twin };
}

import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { formatETag } from '../http/etag';
import { deadlines, type Services } from '../services';
import { parseDeviceId } from '../twins/deviceId';

/** Answers a twin as the hub has it now. */
export async function getTwin(request: HttpRequest, { hub }: Services): Promise<HttpResponseInit> {
  const twin = await hub(deadlines.request).getTwin(parseDeviceId(request.params.deviceId));
  return { headers: { etag: formatETag(twin.etag) }, jsonBody: twin };
}

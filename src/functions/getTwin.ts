import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { formatETag } from '../api/http/etag';
import { noParameters, readParameters } from '../api/http/parameters';
import type { Services } from '../app/services';
import { deadlines } from '../azure/hub/deadlines';
import { parseDeviceId } from '../twins/deviceId';

/** Answers a twin as the hub has it now. */
export async function getTwin({ params, query }: HttpRequest, { hub }: Services): Promise<HttpResponseInit> {
  readParameters(noParameters, query);
  const twin = await hub(deadlines.request).getTwin(parseDeviceId(params.deviceId));
  return { headers: { etag: formatETag(twin.etag) }, jsonBody: twin };
}

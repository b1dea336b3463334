import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { nextLink } from '../api/http/nextLink';
import { readParameters } from '../api/http/parameters';
import { deviceChangesParameters } from '../api/requests/keptSchemas';
import { needRecords, type Services } from '../app/services';
import { InvalidInputError } from '../errors/invalidInputError';
import { parseDeviceId } from '../twins/deviceId';

/** Answers one page of a device's changes, newest first. */
export async function deviceChanges(
  { params, query, url }: HttpRequest,
  services: Services,
): Promise<HttpResponseInit> {
  const { history } = needRecords(services);
  const deviceId = parseDeviceId(params.deviceId);
  const asked = readParameters(deviceChangesParameters, query);
  checkContinuation(asked.continuation);
  const page = await history.list(`devices/${deviceId}`, asked);
  return {
    headers: page.continuation === undefined ? {} : { link: nextLink(url, page.continuation) },
    jsonBody: { deviceId, ...page },
  };
}

function checkContinuation(continuation: string | undefined): void {
  if (continuation === undefined || /^[0-9T:.|-]{1,64}$/.test(continuation)) return;
  throw new InvalidInputError(
    'The continuation is not one of this device: take it from the page before.',
    'continuation',
  );
}

import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { given, parseLimit } from '../api/http/pageQuery';
import { needRecords, type Services } from '../app/services';
import { InvalidInputError } from '../errors/invalidInputError';
import { parseDeviceId } from '../twins/deviceId';

const maxChanges = 100;

/** Answers one page of a device's changes, newest first. */
export async function deviceChanges({ params, query }: HttpRequest, services: Services): Promise<HttpResponseInit> {
  const { history } = needRecords(services);
  const deviceId = parseDeviceId(params.deviceId);
  const limit = parseLimit(query.get('limit'), maxChanges);
  const continuation = parseContinuation(query.get('continuation'));
  return { jsonBody: { deviceId, ...(await history.list(`devices/${deviceId}`, limit, continuation)) } };
}

function parseContinuation(text: string | null): string | undefined {
  const continuation = given(text);
  if (continuation === undefined || /^[0-9T:.|-]{1,64}$/.test(continuation)) return continuation;
  throw new InvalidInputError(
    'The continuation is not one of this device: take it from the page before.',
    'continuation',
  );
}

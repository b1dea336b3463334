import { toIdentityDocument } from '../../hub/device';
import { HubError } from '../../hub/hubError';
import { parseIdentityInput } from '../../hub/identity';
import type { Call, Operation } from '../operation';
import { ok, type Reply } from '../reply';

/** Device identities and what is counted of them. */
export const registryOperations: readonly Operation[] = [
  { method: 'GET', path: ['statistics', 'devices'], right: 'RegistryRead', run: ({ hub }) => ok(hub.statistics()) },
  { method: 'GET', path: ['devices'], right: 'RegistryRead', run: listDevices },
  { method: 'GET', path: ['devices', '*'], right: 'RegistryRead', run: getDevice },
  { method: 'PUT', path: ['devices', '*'], right: 'RegistryWrite', run: putDevice },
  { method: 'DELETE', path: ['devices', '*'], right: 'RegistryWrite', run: deleteDevice },
];

/** Most identities that one list holds; any other `top` counts as this one. */
const maxListed = 1000;

function listDevices({ hub, query }: Call): Reply {
  const top = Number(query.get('top'));
  const devices = hub.listDevices(top >= 1 && top <= maxListed ? Math.floor(top) : maxListed);
  return ok(devices.map(toIdentityDocument));
}

function getDevice({ hub, parameters: [deviceId = ''] }: Call): Reply {
  return ok(toIdentityDocument(hub.getDevice(deviceId)));
}

/** Without `If-Match` a PUT creates, with it it updates. */
async function putDevice({ hub, parameters: [deviceId = ''], headers, body = null }: Call): Promise<Reply> {
  const input = parseIdentityInput(deviceId, body);
  const ifMatch = headers['if-match'];
  const device = ifMatch === undefined ? hub.createDevice(deviceId, input) : hub.updateDevice(deviceId, input, ifMatch);
  return ok(toIdentityDocument(await device));
}

async function deleteDevice({ hub, parameters: [deviceId = ''], headers }: Call): Promise<Reply> {
  const ifMatch = headers['if-match'];
  if (ifMatch === undefined) throw new HubError('PreconditionFailed', 'Etag missing');
  await hub.deleteDevice(deviceId, ifMatch);
  return { status: 204 };
}

import { runBulk } from '../../hub/bulk';
import { type Device, toCreatedDocument, toIdentityDocument } from '../../hub/device';
import { etagIn } from '../../hub/etag';
import { type IdentityInput, identityEtag, parseIdentityInput } from '../../hub/identity';
import type { Hub } from '../../iotHub';
import { HubError, invalidArgument } from '../../service/hubError';
import { isObject } from '../../service/json';
import { ok, type Reply } from '../../wire/reply';
import { type Call, idOfPath, type Operation } from './operation';

const kind = 'registry';

/** Identities of devices and modules, and what is counted of them. */
export const registryOperations: readonly Operation[] = [
  { kind, method: 'GET', path: ['statistics', 'devices'], right: 'RegistryRead', run: statistics },
  { kind, method: 'GET', path: ['statistics', 'service'], right: 'ServiceConnect', run: serviceStatistics },
  { kind, method: 'GET', path: ['devices'], right: 'RegistryRead', run: listDevices },
  { kind, method: 'POST', path: ['devices'], right: 'RegistryWrite', run: changeMany },
  { kind, method: 'GET', path: ['devices', '*'], right: 'RegistryRead', run: getIdentity },
  { kind, method: 'PUT', path: ['devices', '*'], right: 'RegistryWrite', run: putIdentity },
  { kind, method: 'DELETE', path: ['devices', '*'], right: 'RegistryWrite', run: deleteIdentity },
  { kind, method: 'GET', path: ['devices', '*', 'modules'], right: 'RegistryRead', run: withDevice(listModules) },
  { kind, method: 'GET', path: ['devices', '*', 'modules', '*'], right: 'RegistryRead', run: withDevice(getIdentity) },
  { kind, method: 'PUT', path: ['devices', '*', 'modules', '*'], right: 'RegistryWrite', run: withDevice(putIdentity) },
  {
    kind,
    method: 'DELETE',
    path: ['devices', '*', 'modules', '*'],
    right: 'RegistryWrite',
    run: withDevice(deleteIdentity),
  },
];

/** Most identities that one list holds; any other `top` counts as this one. */
const maxListed = 1000;

function statistics({ hub }: Call): Reply {
  return ok(hub.registry.statistics());
}

function serviceStatistics({ hub }: Call): Reply {
  return ok(hub.registry.serviceStatistics());
}

function listDevices({ hub, query }: Call): Reply {
  const top = Number(query.get('top'));
  const devices = hub.registry.list(top >= 1 && top <= maxListed ? Math.floor(top) : maxListed);
  return ok(devices.map((device) => toIdentityDocument(device)));
}

/** Where an item failed the whole is 400, with the same result. */
async function changeMany({ hub, body }: Call): Promise<Reply> {
  const result = await runBulk(hub, body);
  if (result.isSuccessful) return ok(result);
  return { status: 400, headers: { 'iothub-errorcode': 'BulkRegistryOperationFailure' }, body: result };
}

function getIdentity({ hub, parameters }: Call): Reply {
  const device = hub.registry.get(idOfPath(parameters));
  return identityReply(device, toIdentityDocument(device));
}

/** Without `If-Match`, or with an empty one, a PUT creates, else it updates. */
async function putIdentity({ hub, parameters, headers, body }: Call): Promise<Reply> {
  const id = idOfPath(parameters);
  const input = parseInput(parameters, body);
  const ifMatch = headers['if-match'];
  if (ifMatch === undefined || etagIn(ifMatch) === '') {
    const device = await hub.registry.create(id, input);
    return identityReply(device, toCreatedDocument(device));
  }
  const device = await hub.registry.update(id, input, ifMatch);
  return identityReply(device, toIdentityDocument(device));
}

/** Devices come with their etag in a header too, modules do not. */
function identityReply({ identity }: Device, body: object): Reply {
  const headers = identity.moduleId === undefined ? { etag: `"${identityEtag(identity)}"` } : {};
  return { status: 200, headers, body };
}

async function deleteIdentity({ hub, parameters, headers }: Call): Promise<Reply> {
  const ifMatch = headers['if-match'];
  if (ifMatch === undefined) throw new HubError('PreconditionFailed', 'Etag missing');
  await hub.registry.remove(idOfPath(parameters), ifMatch);
  return { status: 204 };
}

function listModules({ hub, parameters }: Call): Reply {
  return ok(hub.registry.modulesOf(idOfPath(parameters)).map((module) => toIdentityDocument(module)));
}

function parseInput([deviceId, moduleId]: string[], body: Call['body']): IdentityInput {
  if (!isObject(body)) throw invalidArgument('The body must be an identity, a JSON object.');
  const { deviceId: named = deviceId, moduleId: namedModule = moduleId } = body;
  if (named !== deviceId || namedModule !== moduleId) {
    throw invalidArgument('The body must name the device and the module of the path.');
  }
  return parseIdentityInput(body);
}

/** Real hubs answer 401, not 404, to calls on the modules of a device that is missing or disabled. */
function withDevice(run: Operation['run']): Operation['run'] {
  return (call) => {
    if (!isEnabled(call.hub, call.parameters[0] ?? '')) throw new HubError('IotHubUnauthorizedAccess', 'Unauthorized');
    return run(call);
  };
}

function isEnabled(hub: Hub, deviceId: string): boolean {
  return hub.findTwin(deviceId)?.status === 'enabled';
}

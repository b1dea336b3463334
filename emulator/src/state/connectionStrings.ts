import { namespacePolicy } from '../events/amqp/requests';
import type { Topology } from '../events/topology';
import { symmetricKeyOf } from '../hub/authentication';
import type { Identity } from '../hub/identity';
import { builtInEntityPath } from '../hub/messages';
import type { Ports } from '../ports';
import { extraCaCerts } from './environment';
import type { Keys } from './keys';

/** What connection strings are made of. */
export interface Address {
  host: string;
  ports: Ports;
  keys: Keys;
}

/** For service SDKs. */
export function serviceConnectionString({ host, ports, keys }: Address, policy: string): string {
  const name = ports.https === 443 ? host : `${host}:${ports.https}`;
  return `HostName=${name};SharedAccessKeyName=${policy};SharedAccessKey=${keys.policies[policy]}`;
}

/** For device SDKs. */
export function deviceConnectionString(address: Address, { deviceId, moduleId, authentication }: Identity): string {
  const ids = moduleId === undefined ? `DeviceId=${deviceId}` : `DeviceId=${deviceId};ModuleId=${moduleId}`;
  const isSas = authentication.type === 'sas';
  const proof = isSas ? `SharedAccessKey=${symmetricKeyOf(authentication).primaryKey}` : 'x509=true';
  return `HostName=${deviceHostName(address)};${ids};${proof}`;
}

/** Without the port where that is what every SDK dials: Python and .NET take no other, and no host name with a port. */
function deviceHostName({ host, ports }: Address): string {
  return ports.mqtt === 8883 ? host : `${host}:${ports.mqtt}`;
}

interface SettingsOf {
  stateDir: string;
  topology: Topology;
  device: Identity | undefined;
  /** Clients of Event Hubs expect TLS, unless they are told of an emulator. */
  amqpTls: boolean;
}

/** Ready-made settings for whoever uses the emulator; those of the topology under the names that it gives. */
export function settings(
  address: Address,
  { stateDir, topology, device, amqpTls }: SettingsOf,
): Record<string, string> {
  const { host, ports, keys } = address;
  const namespace = `Endpoint=sb://${host}:${ports.amqp};SharedAccessKeyName=${namespacePolicy};SharedAccessKey=${keys.eventHubs};${amqpTls ? '' : 'UseDevelopmentEmulator=true;'}`;
  const { eventHubs, topic } = topology;
  const named: [name: string | undefined, value: string][] = [
    ['IOTHUB_CONNECTION_STRING', serviceConnectionString(address, 'iothubowner')],
    ['IOTHUB_DEVICE_HOSTNAME', deviceHostName(address)],
    [device && 'DEVICE_CONNECTION_STRING', device ? deviceConnectionString(address, device) : ''],
    ['IOTHUB_EVENTS_CONNECTION_STRING', `${namespace}EntityPath=${builtInEntityPath(host.split('.')[0] ?? host)}`],
    [eventHubs.connectionSetting, namespace],
    [topic?.endpointSetting, `https://${host}:${ports.https}/eventgrid/topics/${topic?.name}/api/events`],
    [topic?.keySetting, keys.topic],
    ['NODE_EXTRA_CA_CERTS', extraCaCerts(stateDir)],
  ];
  return Object.fromEntries(named.filter((setting): setting is [string, string] => setting[0] !== undefined));
}

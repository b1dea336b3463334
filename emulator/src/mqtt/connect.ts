import type { AuthenticateError, ConnectPacket } from 'aedes';
import { telemetryTopic } from './topics';

/** The hub waits 1.5 times the keep-alive for a packet, and 29.45 minutes at most: so this is the longest that counts. */
const maxKeepAliveSeconds = 1177;

/** The only protocol level of the hub: 4, MQTT 3.1.1. */
const protocolLevel = 4;

/** A level that the broker refuses with return code 1, as the hub does with all but its own. */
const refusedLevel = 5;

/**
 * Fits a CONNECT to the hub's rules before the broker acts on it.
 *
 * @throws Error where its will is no telemetry of the device.
 */
export function checkConnect(packet: ConnectPacket): void {
  if (packet.protocolVersion !== protocolLevel) packet.protocolVersion = refusedLevel;
  packet.keepalive = Math.min(packet.keepalive ?? 0, maxKeepAliveSeconds);
  const willTopic = telemetryTopic(packet.clientId);
  if (packet.will && !packet.will.topic.startsWith(willTopic))
    throw new Error(`the topic of a will must begin with '${willTopic}'`);
}

/**
 * Checks a user name: `{host}/{deviceId}/?api-version=…`.
 *
 * @throws Error where it is not that of the device.
 */
export function checkUserName(userName: string | undefined, deviceId: string): void {
  const [path = ''] = (userName ?? '').split('/?');
  const [, ...segments] = path.replace(/\/$/, '').split('/');
  if (segments.join('/') !== deviceId)
    throw new Error(`the user name is not {host}/${deviceId}/?api-version=2021-04-12`);
}

/** The return code of a CONNACK for a device that is not let in, whatever the reason. */
const notAuthorized = 5;

/** What the broker answers a CONNECT with that was refused. */
export function refusal(reason: Error): AuthenticateError {
  return Object.assign(reason, { returnCode: notAuthorized });
}

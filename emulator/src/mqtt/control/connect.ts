import type { IConnectPacket } from 'mqtt-packet';
import { HubError } from '../../service/hubError';
import type { Connection, Session, Will } from '../connection';
import type { DeviceDoor } from '../deviceDoor';
import { telemetryTopic } from '../topics/topics';

/** The only protocol level of the hub: 4, MQTT 3.1.1. */
const protocolLevel = 4;

/** Return codes of a CONNACK. What the hub does not let in is not authorized, whatever the reason. */
const returnCodes = { unacceptableProtocol: 1, identifierRejected: 2, serverUnavailable: 3, notAuthorized: 5 };

/** The hub waits 1.5 times the keep-alive for a packet, and 29.45 minutes at most, where there is no keep-alive too. */
const maxPatienceMs = 1_767_000;

/**
 * Lets a device or module in, or refuses it.
 *
 * @throws Error for a second CONNECT [MQTT-3.1.0-2], and for a will that is no telemetry.
 */
export function connect(connection: Connection, packet: IConnectPacket, door: DeviceDoor): void {
  if (connection.session) throw new Error('it sent a second CONNECT');
  const refused = unfit(packet);
  if (refused !== undefined) {
    connection.refuse(refused);
    return;
  }
  const will = checkWill(packet);
  const proof = prove(connection, packet, door);
  const turn = proof && door.gate.letConnect();
  if (!turn) {
    admit(connection, packet, door, { ...proof, will });
    return;
  }
  // Whoever waited may have lost the right meanwhile.
  const letIn = () => admit(connection, packet, door, { ...prove(connection, packet, door), will });
  connection.hold(turn.then(letIn, (error: unknown) => turnAway(connection, packet, door, error)));
}

/** The return code for a client that the hub does not talk to, whoever it is. */
function unfit(packet: IConnectPacket): number | undefined {
  // A bridge says so with a bit of its protocol level; the hub is none to bridge to.
  if (packet.protocolVersion !== protocolLevel || 'bridgeMode' in packet) return returnCodes.unacceptableProtocol;
  return /^[^/]{1,128}(\/[^/]{1,128})?$/.test(packet.clientId) ? undefined : returnCodes.identifierRejected;
}

/** Until when a device has proved itself, in milliseconds since the epoch; undefined for one that has not. */
function prove(
  connection: Connection,
  packet: IConnectPacket,
  door: DeviceDoor,
): Pick<Session, 'expiresAt'> | undefined {
  const { clientId: id, username, password } = packet;
  try {
    checkUserName(username, id);
    const credentials = { password: password?.toString() ?? '', certificate: connection.certificate };
    return { expiresAt: door.access.admit(door.hub, id, credentials).expiresAt };
  } catch (error) {
    door.log(`MQTT: '${id}' was refused: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

/** Opens the session of a device that proved itself, and refuses another. */
function admit(
  connection: Connection,
  { clientId: id, username, clean = true, keepalive = 0 }: IConnectPacket,
  door: DeviceDoor,
  { expiresAt, will }: { expiresAt?: number; will: Will | undefined },
): void {
  if (connection.closed) return;
  if (expiresAt === undefined) {
    connection.refuse(returnCodes.notAuthorized);
    return;
  }
  const { subscriptions, present } = door.sessions.begin(id, clean);
  const patienceMs = Math.min(keepalive * 1500 || maxPatienceMs, maxPatienceMs);
  connection.open({ id, clean, subscriptions, patienceMs, expiresAt, will }, present);
  door.opened(connection);
  const modelId = parametersOf(username, id).get('model-id');
  if (!modelId) return;
  door.hub
    .setModel(id, modelId)
    .catch((error: Error) => door.log(`MQTT: the model of '${id}' is lost: ${error.message}`));
}

/** Tells a device that the hub does not take it now. */
function turnAway(connection: Connection, { clientId }: IConnectPacket, door: DeviceDoor, error: unknown): void {
  if (connection.closed) return;
  if (!(error instanceof HubError)) {
    connection.close();
    return;
  }
  door.log(`MQTT: '${clientId}' was turned away: ${error.message}`);
  connection.refuse(error.status === 401 ? returnCodes.notAuthorized : returnCodes.serverUnavailable);
}

/**
 * Checks a user name: `{host}/{id}/?api-version=…`. The host is not compared, and the query may be missing: the service
 * recommends it, and does not say that it refuses who has none.
 *
 * @throws Error where it is not that of the device.
 */
function checkUserName(userName: string | undefined, id: string): void {
  const [, path = ''] = /^[^/]+\/(.*)$/s.exec(userName ?? '') ?? [];
  if (!path.startsWith(`${id}/?`) && path !== id && path !== `${id}/`) {
    throw new Error(`the user name is not {host}/${id}/?api-version=2021-04-12`);
  }
  const version = parametersOf(userName, id).get('api-version');
  if (version !== null && !/^\d{4}-\d\d-\d\d(-preview)?$/.test(version)) {
    throw new Error('the api-version of the user name is no date such as 2021-04-12');
  }
}

/** The members of a user name, after the id. */
function parametersOf(userName = '', id: string): URLSearchParams {
  const [, query] = userName.split(`/${id}/?`);
  return new URLSearchParams(query);
}

/** @throws Error where it is no telemetry of the device. */
function checkWill({ will, clientId }: IConnectPacket): Will | undefined {
  if (!will) return undefined;
  const topic = telemetryTopic(clientId);
  if (!will.topic.startsWith(topic)) throw new Error(`the topic of a will must begin with '${topic}'`);
  if (will.qos === 2) throw new Error('a will may not have QoS 2');
  return { topic: will.topic, payload: Buffer.from(will.payload), retain: will.retain === true };
}

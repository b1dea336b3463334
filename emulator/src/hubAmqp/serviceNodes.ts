import type { Socket } from 'node:net';
import rhea from 'rhea';
import type { AmqpNode } from '../amqp/node';
import type { Link, Peer } from '../amqp/peer';
import { confirm, redirect, refuse } from '../amqp/rheaInternals';
import { builtInEntityPath } from '../hub/messages';
import type { ServiceEndpoint } from './address';
import type { Credentials } from './credentials';
import type { DeviceOptions } from './deviceOptions';
import { lendFeedback } from './feedbackLink';
import { openMessages } from './messageLinks';

/** Data actions of bearer tokens (Azure IoT Hub, "Control access by using Microsoft Entra ID"). */
const actions: Readonly<Record<ServiceEndpoint, string>> = {
  'messages/devicebound': 'cloudToDeviceMessages/send/action',
  'messages/servicebound/feedback': 'cloudToDeviceMessages/feedback/action',
  'messages/servicebound/filenotifications': 'fileUpload/notifications/action',
};

/** The port that AMQP over TLS has where nobody says otherwise. */
const usualPort = 5671;

/** Leads a service on from the hub's own name of the built-in endpoint to the Event Hub, as the Azure CLI expects. */
export function builtInNode(hubName: string, credentialsOf: (peer: Peer) => Credentials): AmqpNode {
  return {
    give: (link, peer) => {
      if (!mayOpen(link, credentialsOf(peer), 'messages/events/read', ['messages', 'events'])) return undefined;
      const { hostname = 'localhost', socket } = peer.connection as unknown as { hostname?: string; socket: Socket };
      const host = hostname.replace(/:\d+$/, '');
      const port = socket.localPort ?? usualPort;
      const name = port === usualPort ? host : `${host}:${port}`;
      const address = `amqps://${host}:${port}/${builtInEntityPath(hubName)}/$management`;
      redirect(link, { hostname: name, 'network-host': host, port: rhea.types.wrap_uint(port), address });
      return undefined;
    },
  };
}

/** What services find; all of it needs the right ServiceConnect. */
export function serviceNode(
  endpoint: ServiceEndpoint,
  options: DeviceOptions,
  credentialsOf: (peer: Peer) => Credentials,
): AmqpNode {
  const isLetIn = (link: Link, peer: Peer) =>
    mayOpen(link, credentialsOf(peer), actions[endpoint], endpoint.split('/'));
  if (endpoint === 'messages/devicebound') {
    return { take: (link, peer) => (isLetIn(link, peer) ? openMessages(link, options) : undefined) };
  }
  return {
    give: (link, peer) => {
      if (!isLetIn(link, peer)) return undefined;
      if (endpoint === 'messages/servicebound/feedback') return lendFeedback(link, options.hub);
      // No file is ever uploaded.
      confirm(link);
      return undefined;
    },
  };
}

function mayOpen(link: Link, credentials: Credentials, action: string, path: readonly string[]): boolean {
  if (credentials.may('ServiceConnect', action, path)) return true;
  refuse(link, 'amqp:unauthorized-access', 'There is no token on this connection that gives ServiceConnect.');
  return false;
}

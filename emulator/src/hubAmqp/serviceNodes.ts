import type { AmqpNode } from '../amqp/node';
import type { Link, Peer } from '../amqp/peer';
import { confirm, refuse } from '../amqp/rheaInternals';
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

/** What services find; all of it needs the right ServiceConnect. */
export function serviceNode(
  endpoint: ServiceEndpoint,
  options: DeviceOptions,
  credentialsOf: (peer: Peer) => Credentials,
): AmqpNode {
  const mayOpen = (link: Link, peer: Peer) => {
    if (credentialsOf(peer).may('ServiceConnect', actions[endpoint], endpoint.split('/'))) return true;
    refuse(link, 'amqp:unauthorized-access', 'There is no token on this connection that gives ServiceConnect.');
    return false;
  };
  if (endpoint === 'messages/devicebound') {
    return { take: (link, peer) => (mayOpen(link, peer) ? openMessages(link, options) : undefined) };
  }
  return {
    give: (link, peer) => {
      if (!mayOpen(link, peer)) return undefined;
      if (endpoint === 'messages/servicebound/feedback') return lendFeedback(link, options.hub);
      // No file is ever uploaded.
      confirm(link);
      return undefined;
    },
  };
}

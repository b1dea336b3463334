import type { AmqpNode, NodeFamily } from '../amqp/node';
import type { Link, Peer } from '../amqp/peer';
import type { Answer } from '../amqp/replies';
import { toAmqpError } from '../amqp/rheaInternals';
import { policyRights } from '../security/policies';
import { parseSharedAccessSignature } from '../security/sharedAccessSignature';
import { parseHubAddress } from './address';

/** The hub at the door that is for Event Hubs alone: it says at once what a client would find out after minutes of trying. */
export const hubElsewhere: NodeFamily = {
  find(address): AmqpNode | undefined {
    if (!parseHubAddress(address, () => true)) return undefined;
    const turnAwayLink = (_: Link, peer: Peer) => turnAway(peer);
    return { give: turnAwayLink, take: turnAwayLink };
  },

  putToken(text, peer): Answer | undefined {
    const token = parseSharedAccessSignature(text);
    if (!token || (token.skn !== undefined && !(token.skn in policyRights))) return undefined;
    turnAway(peer);
    return { statusCode: 501, statusDescription: 'Not implemented' };
  },

  signIn: () => false,
  signedIn: () => {},
};

function turnAway({ connection }: Peer): undefined {
  const text = 'This door is for Event Hubs. Devices and services find theirs with TLS, at --amqps-port (5671).';
  connection.close(toAmqpError('amqp:not-implemented', text));
}

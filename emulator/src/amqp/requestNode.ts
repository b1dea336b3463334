import rhea, { type Message } from 'rhea';
import type { AmqpNode } from './node';
import type { Peer } from './peer';
import type { Answer } from './replies';
import { confirm, openWithCredit, reject } from './rheaInternals';

/** How far ahead a client may ask, in messages. */
const requestCredit = 1000;

/** A node that answers requests: over a link on which its client receives from it. */
export function requestNode(
  name: string,
  answer: (request: Message, peer: Peer) => Answer | Promise<Answer>,
): AmqpNode {
  return {
    give(link, { replies }) {
      confirm(link);
      return replies.add(link, name);
    },
    take(link, peer) {
      openWithCredit(link, requestCredit);
      return ({ bytes, context }) => {
        try {
          const request = rhea.message.decode(bytes) as unknown as Message;
          peer.replies.answer(context, name, request, answer(request, peer));
        } catch (error) {
          reject(context.delivery, 'amqp:decode-error', `The request cannot be read: ${error}`);
        }
      };
    },
  };
}

import type { Delivery, EventContext, Receiver, Sender } from 'rhea';
import type { Peer } from './peer';
import type { Answer } from './replies';

/** A message that came over a link, undecoded. */
export interface Incoming {
  bytes: Buffer;
  delivery: Delivery | undefined;
  context: EventContext;
}

/** Takes what comes over a link. */
export type Take = (message: Incoming) => void;

/** What stands at an address. Either end confirms the link, or closes it with the reason. */
export interface AmqpNode {
  /** A client opened a link to receive on; answers what is to be done when it has ended. */
  give?(link: Sender, peer: Peer): (() => void) | undefined;
  /** A client opened a link to send on; answers who takes what comes. */
  take?(link: Receiver, peer: Peer): Take | undefined;
}

/** Nodes of one kind, and the tokens that open them. */
export interface NodeFamily {
  /** Undefined where an address is of another family. */
  find(address: string): AmqpNode | undefined;
  /** Takes a token; undefined where it is of another family. */
  putToken(token: string, peer: Peer): Answer | Promise<Answer> | undefined;
  /** Takes a name and a password, which come before all else; false where they are no good, or of another family. */
  signIn(user: string, password: string): boolean;
  /** A client whose name and password were taken has opened its connection. */
  signedIn(user: string, password: string, peer: Peer): void;
}

import type { Connection, Receiver, Sender } from 'rhea';
import type { ClientCertificate } from '../security/clientCertificate';
import { Replies } from './replies';

export type Link = Sender | Receiver;

/** A client that dialled, as those know it who serve its links. */
export class Peer {
  readonly replies = new Replies();
  /** What is to be done when a link has ended. */
  readonly endings = new Map<Link, () => void>();

  constructor(
    readonly connection: Connection,
    /** What it showed in the TLS handshake; asked only where it is needed. */
    readonly certificate: () => ClientCertificate | undefined,
    /** To be told when it has proved who it is. */
    readonly signedIn: () => void,
  ) {}

  /** Ends what was begun for links: for one, for those of a session, or for all. */
  end(isEnded: (link: Link) => boolean): void {
    for (const [link, end] of this.endings) {
      if (!isEnded(link)) continue;
      this.endings.delete(link);
      end();
    }
  }
}

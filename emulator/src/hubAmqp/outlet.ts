import rhea, { type Message, type Sender } from 'rhea';
import { refuse } from '../amqp/rheaInternals';

/** Most messages that wait for a client to read on; one that asks and does not read is let go. */
const maxWaiting = 1000;

/**
 * Sends messages over a link as far as its credit goes, and keeps the rest: rhea would hold up every other link of the
 * session behind one without credit.
 */
export class Outlet {
  readonly #waiting: Buffer[] = [];
  #scheduled = false;

  constructor(private readonly link: Sender) {
    link.on('sendable', () => this.#pump());
  }

  send(message: Message): void {
    this.#waiting.push(rhea.message.encode(message));
    if (this.#waiting.length > maxWaiting) refuse(this.link, 'amqp:resource-limit-exceeded', 'It does not read.');
    else this.#schedule();
  }

  /** One message a turn: what is sent costs its credit in the next one only. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#scheduled || !this.link.is_open() || !this.link.sendable()) return;
    const next = this.#waiting.shift();
    if (!next) return;
    this.link.send(next, undefined, 0);
    this.#schedule();
  }
}

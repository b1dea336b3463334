import rhea, { type EventContext, type Message, type Sender } from 'rhea';
import { accept, reject } from './rheaInternals';

/** The answer to a request over `$cbs` or `$management`. */
export interface Answer {
  statusCode: number;
  statusDescription: string;
  body?: unknown;
}

/** The links on which a connection receives the answers to its requests. */
export class Replies {
  readonly #links = new Map<Sender, string>();

  /** @returns ends it. */
  add(link: Sender, node: string): () => void {
    this.#links.set(link, node);
    return () => this.#links.delete(link);
  }

  /** Answers a request; rejects it where there is no link for the answer. */
  answer({ session, delivery }: EventContext, node: string, request: Message, answer: Answer | Promise<Answer>): void {
    const { message_id: id, reply_to: replyTo } = request;
    const give = (settled: Answer) => {
      const link = this.#named(replyTo) ?? this.#of(node, session);
      if (link) {
        accept(delivery);
        // One turn later still: uamqp crashes where an answer comes before its request is settled.
        setImmediate(() => link.send(toMessage(id, settled)));
      } else {
        const description = `Open a link to receive from $${node} in this session first: the answer has nowhere to go.`;
        reject(delivery, 'amqp:precondition-failed', description);
      }
    };
    // In the next turn, as events are: the request may come together with the opening of the link for its answer.
    setImmediate(() => {
      if (answer instanceof Promise) void answer.then(give);
      else give(answer);
    });
  }

  /** Requests name the link of their answers by its own name or by its target. */
  #named(replyTo: unknown): Sender | undefined {
    return [...this.#links.keys()].findLast(({ name, target }) => replyTo === name || replyTo === target?.address);
  }

  /** Python names none, and the IoT Hub clients one that is not there. */
  #of(node: string, session: unknown): Sender | undefined {
    return [...this.#links].findLast(([link, its]) => its === node && link.session === session)?.[0];
  }
}

function toMessage(id: Message['message_id'], { statusCode, statusDescription, body = '' }: Answer) {
  // Of type int: .NET casts it, and uamqp takes no other.
  const properties = { 'status-code': rhea.types.wrap_int(statusCode), 'status-description': statusDescription };
  return { ...(id === undefined ? {} : { correlation_id: id }), application_properties: properties, body };
}

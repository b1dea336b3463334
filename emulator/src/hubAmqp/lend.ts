import type { Delivery, EventContext, Message, Sender } from 'rhea';
import rhea from 'rhea';
import { settleWith } from '../amqp/rheaInternals';
import { conditionOf } from './conditions';

/** How a client settles what it was given. To modify is to release. */
export type Outcome = 'accepted' | 'rejected' | 'released';

const outcomes: readonly Outcome[] = ['accepted', 'rejected', 'released'];

/** Something that a client is given, and settles. */
export interface Lent {
  message: Message;
  /** A UUID: .NET reads the tag of a delivery as one. */
  lockToken: string;
  /** Resolves when that is durable; rejects where it comes too late. */
  settle(outcome: Outcome): Promise<void>;
}

/** A link that is fed. */
export interface Lending {
  /** There may be something to give. */
  pump(): void;
  /** The link has ended: what was not settled comes back. */
  end(): void;
}

/** Gives a client one thing after another over a link, as far as its credit goes, and hears how it settles them. */
export function lend(link: Sender, next: () => Lent | undefined): Lending {
  const given = new Map<Delivery, Lent>();
  let ended = false;
  let scheduled = false;
  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    // One a turn: what is sent costs its credit in the next one only.
    setImmediate(() => {
      scheduled = false;
      pump();
    });
  };
  const pump = () => {
    if (ended || scheduled || !link.is_open() || !link.sendable()) return;
    const lent = next();
    if (!lent) {
      link.set_drained(true);
      return;
    }
    const tag = Buffer.from(lent.lockToken.replaceAll('-', ''), 'hex');
    const delivery = link.send(rhea.message.encode(lent.message), tag, 0);
    if (delivery.settled) void lent.settle('accepted').catch(() => {});
    else given.set(delivery, lent);
    schedule();
  };
  const settle = (outcome: Outcome, delivery: Delivery) => {
    const lent = given.get(delivery);
    given.delete(delivery);
    lent?.settle(outcome).then(
      () => settleWith(delivery),
      (error: unknown) => settleWith(delivery, conditionOf(error)),
    );
  };
  for (const outcome of outcomes) {
    link.on(outcome, ({ delivery }: EventContext) => delivery && settle(outcome, delivery));
  }
  link.on('sendable', schedule);
  link.on('sender_draining', schedule);
  return {
    pump: schedule,
    end() {
      ended = true;
      for (const lent of given.values()) void lent.settle('released').catch(() => {});
      given.clear();
    },
  };
}

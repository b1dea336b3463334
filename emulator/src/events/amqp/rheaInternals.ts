import type { EventContext, Receiver, Sender, Session } from 'rhea';

/** The fields of a frame, by the names that rhea gives them. */
type Fields = Record<string, unknown>;

/** What rhea will answer the opening of a session or link with. */
const answers = (end: Session | Sender | Receiver) => (end as unknown as { local: Record<string, Fields> }).local;

/**
 * Fills the answer to the opening of a session. `uamqp` reads fields by position and wants them all, and takes no null
 * for the highest handle.
 */
export function completeBegin(session: Session): void {
  Object.assign(answers(session).begin ?? {}, { handle_max: 0xffffffff, properties: {} });
}

/**
 * Answers the opening of a link with its own ends and modes of settlement: .NET settles as the answer says. Where this is
 * left out the answer has no ends, which says that the link is refused (AMQP 1.0, 2.6.3).
 */
export function confirm(link: Sender | Receiver): void {
  // An end that the client left out comes as a value without fields.
  if (link.source && 'address' in link.source) link.set_source(link.source);
  if (link.target && 'address' in link.target) link.set_target(link.target);
  const { snd_settle_mode, rcv_settle_mode } = link;
  Object.assign(answers(link).attach ?? {}, { snd_settle_mode, rcv_settle_mode });
  if (rcv_settle_mode === 1) settleAfterOutcome(link);
}

/** The side that sends settles first, the other one after it. Of itself rhea settles where it opened the link. */
function settleAfterOutcome(link: Sender | Receiver): void {
  if (link.is_receiver()) link.on('settled', ({ delivery }: EventContext) => delivery?.update(true));
  else {
    for (const outcome of ['accepted', 'rejected', 'released']) {
      link.on(outcome, ({ delivery }: EventContext) => {
        delivery?.update(true, delivery.remote_state?.described());
        // The other side tells nothing after this, and rhea would keep the delivery.
        Object.assign(delivery ?? {}, { remote_settled: true });
      });
    }
  }
}

import type { Duplex } from 'node:stream';
import rhea, {
  type Connection,
  type Delivery,
  type EventContext,
  type Receiver,
  type Sender,
  type Session,
} from 'rhea';

/** The fields of a frame, by the names that rhea gives them. */
type Fields = Record<string, unknown>;

/** What rhea will answer the opening of a session or link with. */
const answers = (end: Session | Sender | Receiver) => (end as unknown as { local: Record<string, Fields> }).local;

/** How many fields each frame has (AMQP 1.0, 2.7). */
const fieldCounts: Readonly<Record<string, number>> = {
  'amqp:open:list': 10,
  'amqp:begin:list': 8,
  'amqp:attach:list': 14,
  'amqp:flow:list': 11,
  'amqp:transfer:list': 11,
  'amqp:disposition:list': 6,
  'amqp:detach:list': 3,
  'amqp:end:list': 1,
  'amqp:close:list': 1,
};

interface Performative {
  constructor: { descriptor: { symbolic: string } };
  value: { length: number };
}

interface FrameWriter {
  _write_frame(channel?: number, frame?: Performative, payload?: Buffer): void;
}

/** Has frames written in full length: Python reads fields by position, where rhea leaves out what is null at the end. */
export function writeAllFields(connection: Connection): void {
  const writer = connection as unknown as FrameWriter;
  const { _write_frame } = writer;
  writer._write_frame = (channel, frame, payload) => {
    if (frame) frame.value.length = fieldCounts[frame.constructor.descriptor.symbolic] ?? frame.value.length;
    _write_frame.call(connection, channel, frame, payload);
  };
}

/** What a connection writes to, each frame by itself. */
export function socketOf(connection: Connection): Duplex {
  return (connection as unknown as { socket: Duplex }).socket;
}

interface Receiving {
  on_transfer(frame: { performative: { message_format?: number | null } }): void;
}

/** Has messages handed on as the bytes that came: of format 0 rhea would decode them, and types would be lost. */
export function keepBytes(session: Session): void {
  const receiving = session as unknown as Receiving;
  const { on_transfer } = receiving;
  receiving.on_transfer = (frame) => {
    if (frame.performative.message_format === 0) frame.performative.message_format = null;
    on_transfer.call(session, frame);
  };
}

interface Detaching {
  remote_channel_map: Readonly<Record<number, unknown>>;
  on_detach(frame: { channel: number }): void;
}

/** Passes over a DETACH that comes after its session's END, as Python sends it: rhea would end the connection. */
export function allowLateDetach(connection: Connection): void {
  const detaching = connection as unknown as Detaching;
  const { on_detach } = detaching;
  detaching.on_detach = (frame) => {
    if (detaching.remote_channel_map[frame.channel]) on_detach.call(connection, frame);
  };
}

/** An error with every field, for the same readers. */
export function toAmqpError(condition: string, description: string) {
  return { condition, description, info: {} };
}

/** Says that the highest handle is the highest there is: Python takes no null for it. */
export function completeBegin(session: Session): void {
  Object.assign(answers(session).begin ?? {}, { handle_max: 0xffffffff });
}

/**
 * Answers the opening of a link with its own ends and modes of settlement: .NET settles as the answer says. Where this is
 * left out the answer has no ends, which says that the link is refused (AMQP 1.0, 2.6.3).
 */
export function confirm(link: Sender | Receiver): void {
  confirmOpen(link);
  if (link.rcv_settle_mode === 1 && link.is_sender()) settleAfterOutcome(link);
}

/** The same for a link whose outcomes are settled by {@link settleWith}. */
export function confirmOpen(link: Sender | Receiver): void {
  // An end that the client left out comes as a value without fields.
  if (link.source && 'address' in link.source) link.set_source(link.source);
  if (link.target && 'address' in link.target) link.set_target(link.target);
  const { snd_settle_mode, rcv_settle_mode } = link;
  Object.assign(answers(link).attach ?? {}, { snd_settle_mode, rcv_settle_mode });
}

/** Settles what a client got once it tells the outcome: in this mode it settles after the hub. */
function settleAfterOutcome(link: Sender | Receiver): void {
  for (const outcome of ['accepted', 'rejected', 'released']) {
    link.on(outcome, ({ delivery }: EventContext) => {
      if (delivery) settleWith(delivery);
    });
  }
}

/** Settles what a client got as it told the outcome, or with the error for which that does not count. */
export function settleWith(delivery: Delivery, error?: { condition: string; description: string }): void {
  const state = error
    ? outcomes.rejected({ error: toAmqpError(error.condition, error.description) }).described()
    : delivery.remote_state?.described();
  delivery.update(true, state);
  // The client tells nothing after this, and rhea would keep the delivery.
  Object.assign(delivery, { remote_settled: true });
}

/** Takes a link on which a client sends, and lets it. */
export function openWithCredit(link: Receiver, credit: number): void {
  confirm(link);
  link.set_credit_window(credit);
  link.add_credit(credit);
}

/** Sends the client of a link elsewhere (AMQP 1.0, 2.8.16). */
export function redirect(link: Sender | Receiver, to: Readonly<Record<string, unknown>>): void {
  link.close(toAmqpError('amqp:link:redirect', 'It is found elsewhere.'));
  // The names of its fields are symbols, where rhea writes strings.
  const detach = answers(link).detach as { value?: { value: unknown[] }[] } | undefined;
  detach?.value?.[2]?.value.splice(2, 1, rhea.types.wrap_symbolic_map(to));
}

/** Ends a link with the reason. */
export function refuse(link: Sender | Receiver, condition: string, description: string): void {
  link.close(toAmqpError(condition, description));
}

const outcomes = rhea.message as unknown as Record<'accepted' | 'rejected', (fields?: object) => DeliveryOutcome>;

interface DeliveryOutcome {
  described(): unknown;
}

/** Takes what a client sent; whatever the mode, it is settled with that. rhea would wait, and Python with it. */
export function accept(delivery: Delivery | undefined): void {
  delivery?.update(true, outcomes.accepted().described());
}

/** Refuses what a client sent. */
export function reject(delivery: Delivery | undefined, condition: string, description: string): void {
  delivery?.update(true, outcomes.rejected({ error: toAmqpError(condition, description) }).described());
}

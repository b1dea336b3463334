import rhea, { type Connection, type Session } from 'rhea';

/** What any peer may send in a frame before a larger one is agreed on (AMQP 1.0, 2.4.1). */
const minFrameBytes = 512;

/**
 * An OPEN may have more: clients tell their names and systems in it, with up to 512 characters of the app's own
 * (`maxUserAgentLength` of `@azure/core-amqp`), and Event Hubs takes that.
 */
const maxOpenBytes = 8 * 1024;

/** How many transfers a delivery may come in: the smallest frames carry 1 MB in fewer. */
const maxTransfers = 4096;

/** How many deliveries one disposition may settle: rhea holds 2,048 at most. */
const maxDispositionSpan = 64 * 1024;

/** How many elements of no width an array may have: nothing on the wire bounds them. */
const maxEmptyElements = 1024;

interface Layer {
  header_received: unknown;
  read(buffer: Buffer): number;
}

interface Layers {
  amqp_transport: Layer;
  sasl_transport: { transports: { 3: { transport: Layer } } };
}

/**
 * Has frames judged by the length that they announce, which rhea would wait for whatever it is: the bytes of one that is
 * too long are not kept. A connection is accepted before.
 */
export function limitFrames(connection: Connection, maxFrameBytes: number): void {
  const { amqp_transport: amqp, sasl_transport: sasl } = connection as unknown as Layers;
  const limit = (layer: Layer, judge: (frame: Buffer) => void) => {
    const { read } = layer;
    layer.read = (buffer) => {
      judgeFrames(buffer.subarray(layer.header_received ? 0 : 8), judge);
      return read.call(layer, buffer);
    };
  };
  limit(sasl.transports[3].transport, (frame) => judgeLength(frame, minFrameBytes));
  let isOpen = false;
  limit(amqp, (frame) => {
    judgeLength(frame, isOpen ? maxFrameBytes : isPerhapsOpen(frame) ? maxOpenBytes : minFrameBytes);
    isOpen ||= isPerhapsOpen(frame);
  });
}

/** Hands on each frame as far as it is there, once its length is. */
function judgeFrames(bytes: Buffer, judge: (frame: Buffer) => void): void {
  for (let at = 0; at + 4 <= bytes.length; at += bytes.readUInt32BE(at)) judge(bytes.subarray(at));
}

function judgeLength(frame: Buffer, most: number): void {
  const length = frame.readUInt32BE();
  if (length < 8 || length > most) throw new Error(`a frame of ${length} bytes, where it may have 8 to ${most}`);
}

/** Whether a frame is an OPEN, or too little of it is there to tell: its descriptor comes first, as a small ulong. */
function isPerhapsOpen(frame: Buffer): boolean {
  return [0x00, 0x53, 0x10].every((byte, index) => (frame[8 + index] ?? byte) === byte);
}

interface Receiving {
  on_transfer(frame: Transfer): void;
  on_disposition(frame: { performative: { first: number; last?: number | null } }): void;
}

interface Transfer {
  performative: { handle: number; more?: boolean };
  payload?: Buffer | undefined;
}

/**
 * Has a delivery kept only as far as one more frame than it may have, over all of its transfers: whoever takes it sees
 * that it is too long. And what settles deliveries settle no more than there can be.
 */
export function limitDeliveries(session: Session, maxDeliveryBytes: number): void {
  const receiving = session as unknown as Receiving;
  const { on_transfer, on_disposition } = receiving;
  const unfinished = new Map<number, { bytes: number; transfers: number }>();
  receiving.on_transfer = (frame) => {
    const { handle, more } = frame.performative;
    const delivery = unfinished.get(handle) ?? { bytes: 0, transfers: 0 };
    if (delivery.bytes > maxDeliveryBytes) frame.payload = undefined;
    delivery.bytes += frame.payload?.length ?? 0;
    if (++delivery.transfers > maxTransfers) throw new Error(`a delivery of more than ${maxTransfers} transfers`);
    if (more) unfinished.set(handle, delivery);
    else unfinished.delete(handle);
    on_transfer.call(session, frame);
  };
  receiving.on_disposition = (frame) => {
    const { first, last } = frame.performative;
    if ((last ?? first) - first > maxDispositionSpan)
      throw new Error('a disposition of more deliveries than there are');
    on_disposition.call(session, frame);
  };
}

interface ArrayReader {
  read_array_items(count: number, type: { width: number }): unknown[];
}

const { prototype: reader } = (rhea.types as unknown as { Reader: { prototype: ArrayReader } }).Reader;
const { read_array_items } = reader;
reader.read_array_items = function (count, type) {
  if (type.width === 0 && count > maxEmptyElements) throw new Error(`an array of ${count} elements without a byte`);
  return read_array_items.call(this, count, type);
};

/** When a sender hears of what became of its message (Azure IoT Hub, "Send cloud-to-device messages"). */
export const acks = ['none', 'positive', 'negative', 'full'] as const;
export type Ack = (typeof acks)[number];

/** A message of a service to a device, as the hub keeps it: every door writes it in its own way. */
export interface CloudMessage {
  messageId?: string | undefined;
  correlationId?: string | undefined;
  userId?: string | undefined;
  /** The path of the device's messages, as the sender wrote it. */
  to?: string | undefined;
  contentType?: string | undefined;
  contentEncoding?: string | undefined;
  /** Milliseconds since the epoch. Default: as long as the hub keeps messages. */
  expiresAt?: number | undefined;
  /** Default: `none`. */
  ack?: Ack | undefined;
  /** The application's own. */
  properties: Readonly<Record<string, string>>;
  body: Buffer;
}

/** A message that has its place in a queue. */
export interface QueuedMessage extends CloudMessage {
  /** Grows with every message of the hub. */
  sequenceNumber: number;
  /** When it came, and until when it is kept; milliseconds since the epoch. */
  enqueuedAt: number;
  keptUntil: number;
  /** How often it was given to the device, the present time included. */
  deliveryCount: number;
}

/** A message as text, for the store. */
export function toText({ body, ...message }: QueuedMessage): string {
  return JSON.stringify({ ...message, body: body.toString('base64') });
}

/** The inverse of {@link toText}. */
export function fromText(text: string): QueuedMessage {
  const message = JSON.parse(text);
  return { ...message, body: Buffer.from(message.body, 'base64') };
}

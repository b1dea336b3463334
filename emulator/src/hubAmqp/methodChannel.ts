import rhea from 'rhea';
import { readMessage } from '../amqp/message/eventMessage';
import type { Incoming } from '../amqp/node';
import { accept, reject } from '../amqp/rheaInternals';
import type { DeliveredCall, Methods } from '../hub/methods';
import { Channel } from './channels';
import { decode } from './messageFields';

const nameProperty = 'IoThub-methodname';
const statusProperty = 'IoThub-status';

/** Both links on which a device is called, and answers. */
export class MethodChannel extends Channel {
  constructor(
    private readonly id: string,
    private readonly methods: Methods,
  ) {
    super();
  }

  /** Hands a call over; false where one of the links is missing. */
  call({ requestId, methodName, payload }: DeliveredCall): boolean {
    if (!this.sends || !this.outlet) return false;
    this.outlet.send({
      correlation_id: rhea.string_to_uuid(toUuid(requestId)),
      application_properties: { [nameProperty]: methodName },
      body: rhea.message.data_section(Buffer.from(JSON.stringify(payload))),
    });
    return true;
  }

  /** Takes an answer; one that nobody waits for any more is dropped. */
  take({ bytes, delivery }: Incoming): void {
    try {
      readMessage(bytes);
      const { correlationId = '', properties, body } = decode(bytes);
      const status = Number(properties[statusProperty] ?? Number.NaN);
      if (!Number.isInteger(status)) throw new TypeError(`It has no ${statusProperty}.`);
      accept(delivery);
      this.methods.answer(this.id, fromUuid(correlationId), status, body);
    } catch (error) {
      reject(delivery, 'amqp:decode-error', `The answer cannot be read: ${error}`);
    }
  }
}

/** Requests are told apart by UUIDs here; the hub's own ids are short hexadecimal numbers. */
function toUuid(requestId: string): string {
  return `00000000-0000-4000-8000-${requestId.padStart(12, '0')}`;
}

function fromUuid(uuid: string): string {
  return uuid.slice(24).replace(/^0+/, '');
}

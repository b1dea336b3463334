import { randomUUID } from 'node:crypto';
import rhea, { type Message } from 'rhea';
import { readMessage } from '../amqp/message/eventMessage';
import type { Incoming } from '../amqp/node';
import { accept, reject } from '../amqp/rheaInternals';
import { brokenJson, Disturbance } from '../faults/disturbance';
import { HubError } from '../service/hubError';
import { isObject } from '../service/json';
import { serviceTime } from '../service/time';
import type { Json, JsonObject } from '../service/types';
import { Channel } from './channels';
import type { DeviceOptions } from './deviceOptions';
import { decode, type MessageFields } from './messageFields';

/** An answer to a twin request: `version` beside it, `body` as JSON. */
interface TwinAnswer {
  status: number;
  version?: number;
  body?: unknown;
}

const reportedResource = '/properties/reported';
const desiredResource = '/notifications/twin/properties/desired';

/** Both links on which a device works with its twin. */
export class TwinChannel extends Channel {
  #tellsDesired = false;

  constructor(
    private readonly id: string,
    private readonly options: DeviceOptions,
  ) {
    super();
  }

  /** Takes a request. */
  take({ bytes, delivery, context }: Incoming): void {
    let request: MessageFields;
    try {
      readMessage(bytes);
      request = decode(bytes);
    } catch (error) {
      reject(delivery, 'amqp:decode-error', `The request cannot be read: ${error}`);
      return;
    }
    accept(delivery);
    this.#answerTo(request).then(
      (answer) => this.#send(answer, request.correlationId),
      // A fault that was asked for.
      () => context.connection.close(),
    );
  }

  /** Tells of a change of desired properties, where the client asked for that: the patch, without metadata. */
  tellDesired({ $metadata, ...patch }: JsonObject): void {
    if (this.#tellsDesired) this.#send({ status: 200, body: patch }, undefined);
  }

  #send({ status, version, body }: TwinAnswer, correlationId: string | undefined): void {
    const text = body === undefined ? '' : body === brokenJson ? brokenJson : JSON.stringify(body);
    const annotations = {
      status: rhea.types.wrap_int(status),
      ...(version === undefined ? {} : { version: rhea.types.wrap_long(version) }),
    };
    const message: Message = { body: rhea.message.data_section(Buffer.from(text)) };
    // What carries neither is a change of desired properties.
    if (correlationId !== undefined)
      Object.assign(message, { correlation_id: correlationId, message_annotations: annotations });
    this.outlet?.send(message);
  }

  async #answerTo(request: MessageFields): Promise<TwinAnswer> {
    const { gate, log } = this.options;
    const { operation, resource } = request.annotations;
    const kind = operation === 'PATCH' ? 'twinUpdate' : 'twinRead';
    const name = kind === 'twinRead' ? 'TwinRead' : 'TwinUpdate';
    const metered = ({ body }: TwinAnswer) => [
      body === undefined ? request.body.length : Buffer.byteLength(JSON.stringify(body)),
    ];
    try {
      if (operation === 'PUT' || operation === 'DELETE') return this.#listen(operation === 'PUT', resource);
      return await gate.pass({ kind, name, metered }, () => this.#work(operation, resource, request.body));
    } catch (error) {
      if (error instanceof Disturbance && error.kind === 'malformed') return { status: 200, body: brokenJson };
      if (error instanceof Disturbance) throw error;
      if (!(error instanceof HubError)) log(`AMQP: a twin request of '${this.id}' failed: ${error}`);
      return toAnswer(error);
    }
  }

  async #work(operation: unknown, resource: unknown, body: Buffer): Promise<TwinAnswer> {
    const { hub } = this.options;
    if (operation === 'GET') {
      const { desired, reported } = hub.getTwin(this.id).properties;
      return { status: 200, body: { desired: withoutMetadata(desired), reported: withoutMetadata(reported) } };
    }
    if (operation !== 'PATCH' || resource !== reportedResource) throw unknownRequest(operation, resource);
    return { status: 200, version: await hub.patchReported(this.id, parsePatch(body)) };
  }

  #listen(tellsDesired: boolean, resource: unknown): TwinAnswer {
    if (resource !== desiredResource) throw unknownRequest(tellsDesired ? 'PUT' : 'DELETE', resource);
    this.#tellsDesired = tellsDesired;
    return { status: 200 };
  }
}

function unknownRequest(operation: unknown, resource: unknown): HubError {
  return new HubError('GenericBadRequest', `There is no ${operation} on '${resource ?? ''}' of a twin.`);
}

function withoutMetadata({ $metadata, ...properties }: JsonObject): JsonObject {
  return properties;
}

function parsePatch(body: Buffer): JsonObject {
  let patch: Json | undefined;
  try {
    patch = JSON.parse(body.toString());
  } catch {
    throw new HubError('GenericBadRequest', 'The body is not JSON.');
  }
  if (!isObject(patch)) throw new HubError('GenericBadRequest', 'A report must be a JSON object.');
  return patch;
}

function toAnswer(error: unknown): TwinAnswer {
  const { status, code, message } =
    error instanceof HubError ? error : new HubError('ServerError', 'The emulator failed to serve the request.');
  return { status, body: { errorCode: code, message, trackingId: randomUUID(), timestampUtc: serviceTime() } };
}

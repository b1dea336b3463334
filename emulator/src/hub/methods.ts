import { deviceNotFound, HubError } from '../service/hubError';
import type { Json } from '../service/types';
import type { Device } from './device';
import { type MethodCall, maxMethodPayloadBytes } from './methodCall';

/** What a device answered. */
export interface MethodResult {
  /** The device's own. */
  status: number;
  payload: Json;
}

/** A call as it goes to a device, which answers with the request's id. */
export interface DeliveredCall {
  requestId: string;
  methodName: string;
  payload: Json;
}

/** Takes a call to a device; false where the device does not listen to it. */
export type Deliver = (id: string, call: DeliveredCall) => boolean;

type Settle = (answer: MethodResult | HubError) => void;

/** Direct methods: calls of services that devices and modules answer. */
export class Methods {
  readonly #doors: Deliver[] = [];
  #lastRequest = 0;
  /** Calls that a device has not answered yet, by id and request id. */
  readonly #unanswered = new Map<string, Settle>();
  /** Calls to devices that do not listen yet, by id. */
  readonly #waiting = new Map<string, Set<() => void>>();

  /** @param getDevice throws HubError DeviceNotFound, ModuleNotFound */
  constructor(private readonly getDevice: (id: string) => Pick<Device, 'identity'>) {}

  /** One more door that devices listen at. */
  deliverTo(deliver: Deliver): void {
    this.#doors.push(deliver);
  }

  /**
   * Calls a method, and waits for the answer.
   *
   * @throws HubError ModuleNotFound; DeviceNotFound, also for a disabled one; DeviceNotOnline where it does not listen within the connect
   *   time-out; GatewayTimeout where no answer comes within the response time-out; GenericBadGateway for one that is no
   *   JSON, or too large.
   */
  async invoke(id: string, call: MethodCall): Promise<MethodResult> {
    const { methodName, payload, responseTimeoutInSeconds, connectTimeoutInSeconds } = call;
    if (this.getDevice(id).identity.status === 'disabled') throw deviceNotFound(id);
    const requestId = (++this.#lastRequest).toString(16);
    const deadline = Date.now() + connectTimeoutInSeconds * 1000;
    while (!this.#deliver(id, { requestId, methodName, payload }))
      await this.#listens(id, deadline, connectTimeoutInSeconds);
    return this.#answerOf(id, requestId, responseTimeoutInSeconds);
  }

  /** A device may listen to calls now to which it did not before. */
  listening(id: string): void {
    for (const tryAgain of this.#waiting.get(id) ?? []) tryAgain();
  }

  /** Takes an answer; one that nobody waits for any more is dropped. */
  answer(id: string, requestId: string, status: number, payload: Buffer): void {
    this.#unanswered.get(keyOf(id, requestId))?.(readAnswer(status, payload));
  }

  #deliver(id: string, call: DeliveredCall): boolean {
    return this.#doors.some((deliver) => deliver(id, call));
  }

  #listens(id: string, deadline: number, seconds: number): Promise<void> {
    const left = deadline - Date.now();
    if (left <= 0) throw notOnline(seconds);
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting);
    return new Promise((resolve, reject) => {
      const done = (settle: () => void) => {
        clearTimeout(timer);
        waiting.delete(tryAgain);
        if (waiting.size === 0) this.#waiting.delete(id);
        settle();
      };
      const tryAgain = () => done(resolve);
      const timer = setTimeout(() => done(() => reject(notOnline(seconds))), left).unref();
      waiting.add(tryAgain);
    });
  }

  #answerOf(id: string, requestId: string, seconds: number): Promise<MethodResult> {
    const key = keyOf(id, requestId);
    return new Promise((resolve, reject) => {
      const settle: Settle = (answer) => {
        clearTimeout(timer);
        this.#unanswered.delete(key);
        if (answer instanceof HubError) reject(answer);
        else resolve(answer);
      };
      const late = new HubError('GatewayTimeout', `The device '${id}' did not answer within ${seconds} seconds.`);
      const timer = setTimeout(() => settle(late), seconds * 1000).unref();
      this.#unanswered.set(key, settle);
    });
  }
}

/** No id holds a space. */
function keyOf(id: string, requestId: string): string {
  return `${id} ${requestId}`;
}

/** As real hubs word it (azure-iot-cli-extension#54), with the connect time-out as .NET writes it. */
function notOnline(seconds: number): HubError {
  const timeout = new Date(Math.min(seconds, 86_399) * 1000).toISOString().slice(11, 19);
  return new HubError('DeviceNotOnline', 'Timed out waiting for device to connect.', { info: { timeout } });
}

function readAnswer(status: number, payload: Buffer): MethodResult | HubError {
  if (payload.length > maxMethodPayloadBytes) {
    return new HubError('GenericBadGateway', `The answer of the device has more than ${maxMethodPayloadBytes} bytes.`);
  }
  try {
    return { status, payload: payload.length === 0 ? null : JSON.parse(payload.toString()) };
  } catch {
    return new HubError('GenericBadGateway', 'The answer of the device is not JSON.');
  }
}

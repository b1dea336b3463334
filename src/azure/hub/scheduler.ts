import { setMaxListeners } from 'node:events';
import { type Clock, clock as processClock } from './clock';
import { HubError } from './hubError';
import { Lane, type Turn } from './lane';
import type { CallOptions, OperationKind } from './operationKind';
import { Pace } from './pace';
import type { Quotas } from './quotas';
import { delayBefore } from './retries';

/** Calls of a kind at a time: what a hub may answer in two seconds, within these bounds. */
const places = { least: 4, most: 32, seconds: 2 };

/** Sends one request; the signal ends it. */
export type Attempt<T> = (signal: AbortSignal, retry: number) => Promise<T>;

/**
 * Decides when each call of this instance goes to the hub: by kind, by priority, as fast as the hub bears (see
 * {@link Pace}). Repeated attempts wait for their turn like all others, so a hub that throttles sees fewer requests,
 * not more.
 */
export class Scheduler {
  readonly #lanes: Record<OperationKind, Lane>;

  constructor(
    quotas: Quotas,
    private readonly clock: Clock = processClock,
  ) {
    const lane = (kind: OperationKind) => new Lane(new Pace(quotas[kind]), placesFor(quotas[kind]), clock);
    this.#lanes = {
      query: lane('query'),
      twinRead: lane('twinRead'),
      twinWrite: lane('twinWrite'),
      registry: lane('registry'),
      job: lane('job'),
    };
  }

  /**
   * Makes a call that is safe to repeat: waits for its turn, and repeats it after transient failures with back-off and
   * full jitter. One deadline covers all of it: when it passes, a running attempt is aborted, and a waiting one fails
   * at once. A wait that would not end before the deadline is not begun.
   *
   * @throws HubError of the last attempt; `throttled` or `unavailable` when the deadline passes; the reason of the
   *   caller's signal when that aborts.
   */
  async run<T>(
    kind: OperationKind,
    deadlineMs: number,
    attempt: Attempt<T>,
    { priority = 'interactive', signal: caller }: CallOptions = {},
  ): Promise<T> {
    caller?.throwIfAborted();
    const lane = this.#lanes[kind];
    const end = this.clock.now() + deadlineMs;
    const ending = new AbortController();
    let fault: unknown;
    const late = () => ending.abort(fault ?? this.#late(lane, deadlineMs));
    const gone = () => ending.abort(caller?.reason);
    const callOff = this.clock.after(deadlineMs, late);
    if (caller) {
      // One signal may stand for a run of a thousand calls: Node takes more than ten for a leak.
      setMaxListeners(0, caller);
      caller.addEventListener('abort', gone, { once: true });
    }
    try {
      for (let retry = 0; ; retry++) {
        const turn = await lane.turn({ priority, repeated: retry > 0, end, signal: ending.signal });
        if (!turn) throw fault ?? this.#noTurn(lane, end);
        fault = undefined;
        try {
          const answer = await attempt(ending.signal, retry);
          lane.pace.answered(turn.sentAt, this.clock.now());
          return answer;
        } catch (error) {
          fault = error;
          if (!caller?.aborted) this.#learn(lane.pace, turn, error, ending.signal);
        } finally {
          turn.end();
        }
        const delay = delayBefore(fault, retry);
        // The timer may fire a little before its time by the clock: the signal has the last word.
        if (delay === undefined || ending.signal.aborted || this.clock.now() + delay >= end) throw fault;
        await this.#wait(delay, ending.signal);
      }
    } finally {
      callOff();
      caller?.removeEventListener('abort', gone);
    }
  }

  #learn(pace: Pace, { sentAt }: Turn, error: unknown, { aborted }: AbortSignal): void {
    const now = this.clock.now();
    if (!(error instanceof HubError)) return;
    if (aborted) pace.givenUp(sentAt, now);
    else if (error.code === 'throttled') pace.refused(sentAt, now, (error.retryAfterSeconds ?? 0) * 1000);
    // A hub that is down says nothing of its quotas.
    else if (error.code !== 'unavailable') pace.answered(sentAt, now);
  }

  #late(lane: Lane, deadlineMs: number): HubError {
    const seconds = deadlineMs / 1000;
    return lane.pace.hindered(this.clock.now())
      ? new HubError('throttled', `The hub is throttling requests: this one had no answer within ${seconds} s.`)
      : new HubError('unavailable', `The hub did not answer within ${seconds} s.`);
  }

  #noTurn({ pace }: Lane, end: number): HubError {
    const seconds = Math.max(1, Math.ceil((pace.earliest + pace.expectedDelay - end) / 1000));
    return new HubError('throttled', `The hub is throttling requests: repeat this one in ${seconds} s.`, seconds);
  }

  #wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const callOff = this.clock.after(milliseconds, () => {
        signal.removeEventListener('abort', leave);
        resolve();
      });
      const leave = () => {
        callOff();
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}

function placesFor(quota: number): number {
  return Math.min(places.most, Math.max(places.least, Math.ceil(quota * places.seconds)));
}

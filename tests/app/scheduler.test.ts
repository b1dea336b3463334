import fc from 'fast-check';
import { HubError } from '../../src/azure/hub/hubError';
import type { CallOptions, OperationKind } from '../../src/azure/hub/operationKind';
import { quotasOf } from '../../src/azure/hub/quotas';
import { Scheduler } from '../../src/azure/hub/scheduler';
import { type Throttle, ThrottledHub } from './throttledHub';
import { VirtualClock } from './virtualClock';

const s1 = quotasOf('S1', 1);

/** How hubs throttle writes of twins at S1. */
const throttles: [string, Throttle][] = [
  ['lets calls wait', { rate: 50, burst: 100, backlog: 500, longest: 10_000, latency: 15 }],
  [
    'lets calls wait ever longer',
    { rate: 50, burst: 100, backlog: Number.POSITIVE_INFINITY, longest: 5000, aheadMs: 30_000, latency: 15 },
  ],
  ['lets calls wait for a second', { rate: 50, burst: 100, backlog: 500, longest: 1000, latency: 15 }],
  ['lets few calls wait', { rate: 50, burst: 100, backlog: 20, longest: 10_000, latency: 15 }],
  ['refuses at once', { rate: 50, burst: 100, backlog: 0, longest: 0, latency: 15 }],
  ['refuses at once and forgives little', { rate: 50, burst: 10, backlog: 0, longest: 0, latency: 15 }],
];
const [[, patient]] = throttles as [[string, Throttle]];

/** Some instances of the app beside one hub. */
class Fleet {
  readonly clock = new VirtualClock();
  readonly hub: ThrottledHub;
  readonly schedulers: Scheduler[];
  /** Calls that succeeded, of each instance. */
  readonly done: number[];
  readonly failures: unknown[] = [];

  constructor(throttle: Throttle, instances = 1) {
    this.hub = new ThrottledHub(throttle, this.clock);
    this.schedulers = Array.from({ length: instances }, () => new Scheduler(s1, this.clock));
    this.done = this.schedulers.map(() => 0);
  }

  call(kind: OperationKind, deadlineMs: number, options: CallOptions = {}, instance = 0): Promise<void> {
    const scheduler = this.schedulers[instance];
    if (!scheduler) throw new Error(`There is no instance ${instance}.`);
    return scheduler.run(kind, deadlineMs, (signal) => this.hub.call(signal), options);
  }

  /** Works on many calls as a bulk run does: some at a time, in each instance. */
  async bulk(calls: number, { kind = 'twinWrite' as OperationKind, atATime = 64, deadlineMs = 60_000 } = {}) {
    let left = calls;
    const work = async (instance: number) => {
      while (left-- > 0) {
        try {
          await this.call(kind, deadlineMs, { priority: 'bulk' }, instance);
          this.done[instance] = (this.done[instance] ?? 0) + 1;
        } catch (failure) {
          this.failures.push(failure);
        }
      }
    };
    const workers = this.schedulers.flatMap((_, instance) => Array.from({ length: atATime }, () => work(instance)));
    await Promise.all(workers);
  }
}

beforeEach(() => {
  // Results must not depend on luck: a generator of its own (mulberry32) instead of that of the process.
  let state = 1;
  jest.spyOn(Math, 'random').mockImplementation(() => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  });
});
afterEach(() => jest.restoreAllMocks());

describe('a run over many devices', () => {
  const cases = throttles.flatMap(([name, throttle]) => [1, 4].map((instances) => ({ name, throttle, instances })));
  const devices = 4000;

  it.each(cases)(
    'with $instances instances at a hub that $name uses the quota and loses none',
    async ({ throttle, instances }) => {
      const fleet = new Fleet(throttle, instances);
      await fleet.clock.runFor(fleet.bulk(devices));
      const bestSeconds = (devices - throttle.burst) / throttle.rate;
      expect(bestSeconds / (fleet.clock.now() / 1000)).toBeGreaterThan(0.97);
      expect(fleet.failures).toEqual([]);
      expect(fleet.hub.served).toBe(devices);
      // No storm: few requests are sent in vain, and each instance comes to its share.
      expect(fleet.hub.refused).toBeLessThan(devices / 8);
      for (const share of fleet.done) expect(share / (devices / instances)).toBeGreaterThan(0.8);
    },
  );

  it('goes as fast as it can where nothing throttles', async () => {
    const fleet = new Fleet({ ...patient, rate: 1e6 });
    await fleet.clock.runFor(fleet.bulk(10_000));
    expect(fleet.clock.now()).toBeLessThan((10_000 / 32) * 15 * 1.02);
  });

  it('is not slowed by the first calls, which wait for their connections', async () => {
    const { clock, schedulers } = new Fleet(patient);
    const connect = async () => clock.sleep(clock.now() < 1 ? 3000 : 15);
    const work = async (calls: number) => {
      for (let call = 0; call < calls; call++)
        await schedulers[0]?.run('twinWrite', 60_000, connect, { priority: 'bulk' });
    };
    await clock.runFor(Promise.all(Array.from({ length: 32 }, () => work(20))));
    expect(clock.now()).toBeLessThan(3000 + 20 * 15);
  });

  it('finds the pace of a larger hub than it was told of', async () => {
    const fleet = new Fleet({ ...patient, rate: 250, burst: 250, backlog: 0 });
    await fleet.clock.runFor(fleet.bulk(10_000));
    expect(fleet.clock.now()).toBeLessThan((10_000 / 250) * 1000 * 1.1);
    expect(fleet.failures).toEqual([]);
  });
});

describe.each([
  ['lets them wait', { rate: 1 / 3, burst: 20, backlog: 20, longest: 30_000, latency: 100 }],
  [
    'lets them wait ever longer',
    { rate: 1 / 3, burst: 20, backlog: Number.POSITIVE_INFINITY, longest: 5000, aheadMs: 30_000, latency: 100 },
  ],
  ['lets them wait for ten seconds', { rate: 1 / 3, burst: 20, backlog: 20, longest: 10_000, latency: 100 }],
  ['refuses at once', { rate: 1 / 3, burst: 20, backlog: 0, longest: 0, latency: 100 }],
] satisfies [string, Throttle][])('pages of queries at a hub that %s', (_name, throttle) => {
  it.each([1, 4])('use the quota, in %i instances', async (instances) => {
    const fleet = new Fleet(throttle, instances);
    await fleet.clock.runFor(fleet.bulk(400, { kind: 'query', atATime: 1 }));
    const bestSeconds = (400 - throttle.burst) / throttle.rate;
    expect(bestSeconds / (fleet.clock.now() / 1000)).toBeGreaterThan(0.97);
    // Where others ask as much, a page may find no turn within a minute; who lists asks for it again.
    expect(fleet.failures.length).toBeLessThan(instances === 1 ? 1 : 4);
  });
});

describe('priorities', () => {
  it('let interactive calls pass a bulk run', async () => {
    const fleet = new Fleet(patient);
    const bulk = fleet.bulk(5000);
    const delays: number[] = [];
    const portal = async () => {
      for (let call = 0; call < 60; call++) {
        await fleet.clock.sleep(1000);
        const start = fleet.clock.now();
        await fleet.call('twinWrite', 15_000);
        delays.push(fleet.clock.now() - start);
      }
    };
    await fleet.clock.runFor(Promise.all([bulk, portal()]));
    expect(Math.max(...delays)).toBeLessThan(1000);
  });

  it('leave bulk runs a part where interactive calls never end', async () => {
    const fleet = new Fleet(patient);
    let portal = 0;
    const work = async () => {
      for (;;) {
        await fleet.call('twinWrite', 3_600_000);
        portal++;
      }
    };
    for (let worker = 0; worker < 100; worker++) void work();
    await fleet.clock.runFor(fleet.bulk(500));
    expect(fleet.failures).toEqual([]);
    expect(portal / 500).toBeLessThan(5);
    expect(portal / 500).toBeGreaterThan(3);
  });

  it('leave places for interactive calls at a hub that answers nothing', async () => {
    const fleet = new Fleet(patient);
    const [scheduler] = fleet.schedulers;
    let bulk = 0;
    for (let call = 0; call < 100; call++) {
      const silent = () => new Promise<void>(() => bulk++);
      void scheduler?.run('twinWrite', 60_000, silent, { priority: 'bulk' });
    }
    await fleet.clock.runFor(fleet.call('twinWrite', 15_000));
    expect(bulk).toBe(32);
  });
});

describe('a refusal', () => {
  const throttled = new HubError('throttled', 'too many');

  it('slows all calls of its kind, and no others', async () => {
    const fleet = new Fleet(patient);
    const refused = jest.fn<Promise<string>, []>().mockRejectedValueOnce(throttled).mockResolvedValue('answer');
    const [scheduler] = fleet.schedulers as [Scheduler];
    const first = scheduler.run('query', 60_000, refused);
    await fleet.clock.runUntil(0);
    await fleet.clock.runFor(fleet.call('twinRead', 15_000));
    expect(fleet.clock.now()).toBeLessThan(20);
    await fleet.clock.runFor(fleet.call('query', 15_000));
    expect(fleet.clock.now()).toBeGreaterThan(1500);
    await expect(fleet.clock.runFor(first)).resolves.toBe('answer');
  });

  it('is repeated until the deadline, ever more slowly, and then told', async () => {
    const fleet = new Fleet(patient);
    const [scheduler] = fleet.schedulers as [Scheduler];
    const refused = jest.fn<Promise<void>, []>().mockRejectedValue(throttled);
    await expect(fleet.clock.runFor(scheduler.run('twinWrite', 60_000, refused))).rejects.toBe(throttled);
    expect(refused.mock.calls.length).toBeGreaterThan(5);
    expect(refused.mock.calls.length).toBeLessThan(25);
  });

  it('is forgotten soon after the hub has recovered', async () => {
    const fleet = new Fleet(patient);
    const [scheduler] = fleet.schedulers as [Scheduler];
    const sick = Array.from({ length: 40 }, () =>
      scheduler.run('twinWrite', 30_000, () => Promise.reject(throttled)).catch(() => {}),
    );
    await fleet.clock.runFor(Promise.all(sick));
    const start = fleet.clock.now();
    await fleet.clock.runFor(fleet.bulk(1000));
    expect(fleet.clock.now() - start).toBeLessThan(2 * (1000 / patient.rate) * 1000);
  });
});

describe('a deadline', () => {
  it('that passes while a call waits behind others of a silent hub fails it at once', async () => {
    const fleet = new Fleet(patient);
    const [scheduler] = fleet.schedulers as [Scheduler];
    const silent = jest.fn(() => new Promise<void>(() => {}));
    for (let call = 0; call < 40; call++) void scheduler.run('twinRead', 60_000, silent);
    const waiting = scheduler.run('twinRead', 2000, silent);
    await expect(fleet.clock.runFor(waiting)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The hub did not answer within 2 s.',
    });
    expect(fleet.clock.now()).toBe(2000);
    expect(silent).toHaveBeenCalledTimes(40);
  });

  it('that a turn would not meet fails the call before it costs the hub anything', async () => {
    const fleet = new Fleet({ rate: 1 / 3, burst: 1, backlog: 100, longest: 60_000, latency: 100 });
    const bulk = fleet.bulk(40, { kind: 'query', deadlineMs: 3_600_000 });
    await fleet.clock.runUntil(20_000);
    const start = fleet.clock.now();
    await expect(fleet.clock.runFor(fleet.call('query', 2000))).rejects.toMatchObject({
      code: 'throttled',
      retryAfterSeconds: expect.any(Number),
    });
    expect(fleet.clock.now() - start).toBeLessThanOrEqual(2000);
    await fleet.clock.runFor(bulk);
    expect(fleet.hub.served).toBe(40);
  });

  it('that passes a little before its time is still the end', async () => {
    const clock = new VirtualClock();
    const late: typeof clock.after = (milliseconds, run) => clock.after(milliseconds * 0.9, run);
    const scheduler = new Scheduler(s1, { now: () => clock.now(), after: late });
    const attempt = jest.fn(
      (signal: AbortSignal) =>
        new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    await expect(clock.runFor(scheduler.run('query', 1000, attempt))).rejects.toMatchObject({ code: 'unavailable' });
    expect(attempt).toHaveBeenCalledTimes(1);
  });
});

describe('a caller who goes', () => {
  it('ends the call that runs, and those that wait are never sent', async () => {
    const fleet = new Fleet(patient);
    const [scheduler] = fleet.schedulers as [Scheduler];
    const caller = new AbortController();
    const ended: unknown[] = [];
    const attempt = jest.fn((signal: AbortSignal) => {
      signal.addEventListener('abort', () => ended.push(signal.reason));
      return new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    const calls = Array.from({ length: 60 }, () =>
      scheduler.run('twinWrite', 60_000, attempt, { signal: caller.signal }),
    );
    const outcomes = Promise.allSettled(calls);
    await fleet.clock.runUntil(100);
    caller.abort(new Error('gone'));
    for (const outcome of await fleet.clock.runFor(outcomes)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'gone' } });
    }
    expect(fleet.clock.now()).toBe(100);
    expect(attempt).toHaveBeenCalledTimes(40);
    expect(ended).toHaveLength(40);
    // The places are free again.
    await fleet.clock.runFor(fleet.call('twinWrite', 1000));
  });

  it('before the call is told so at once', async () => {
    const { schedulers } = new Fleet(patient);
    const attempt = jest.fn<Promise<void>, []>();
    const signal = AbortSignal.abort(new Error('gone'));
    await expect(schedulers[0]?.run('query', 1000, attempt, { signal })).rejects.toThrow('gone');
    expect(attempt).not.toHaveBeenCalled();
  });
});

it('whatever a hub does, every call ends by its deadline, and no more run at a time than there are places', async () => {
  const outcomes = fc.constantFrom('answer', 'slow', 'throttled', 'unavailable', 'notFound', 'silent', 'broken');
  const calls = fc.array(
    fc.record({
      at: fc.nat(20_000),
      deadline: fc.integer({ min: 1, max: 30_000 }),
      bulk: fc.boolean(),
      outcomes: fc.array(outcomes, { minLength: 1, maxLength: 4 }),
      leavesAfter: fc.option(fc.nat(10_000)),
    }),
    { maxLength: 80 },
  );
  await fc.assert(
    fc.asyncProperty(calls, async (planned) => {
      const clock = new VirtualClock();
      const scheduler = new Scheduler(s1, clock);
      let running = 0;
      let most = 0;
      const answer = async (outcome: string, signal: AbortSignal): Promise<void> => {
        await clock.sleep(outcome === 'slow' ? 5000 : 20);
        if (outcome === 'throttled' || outcome === 'unavailable') throw new HubError(outcome, outcome);
        if (outcome === 'notFound') throw new HubError(outcome, outcome);
        if (outcome === 'broken') throw new TypeError(outcome);
        if (outcome === 'silent') await new Promise<void>(() => signal);
      };
      const work = planned.map(async ({ at, deadline, bulk, outcomes, leavesAfter }) => {
        await clock.sleep(at);
        const caller = new AbortController();
        if (leavesAfter !== null) clock.after(leavesAfter, () => caller.abort(new Error('gone')));
        const attempt = (signal: AbortSignal, retry: number) => {
          most = Math.max(most, ++running);
          const given = answer(outcomes[Math.min(retry, outcomes.length - 1)] ?? '', signal);
          return new Promise<void>((resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
            given.then(resolve, reject);
          }).finally(() => running--);
        };
        const options = { priority: bulk ? ('bulk' as const) : ('interactive' as const), signal: caller.signal };
        await scheduler.run('registry', deadline, attempt, options).catch((error: unknown) => {
          expect(error).toBeInstanceOf(Error);
        });
        expect(clock.now()).toBeLessThanOrEqual(at + deadline);
      });
      await clock.runFor(Promise.all(work));
      expect(running).toBe(0);
      expect(most).toBeLessThanOrEqual(5);
    }),
    { numRuns: 60 },
  );
});

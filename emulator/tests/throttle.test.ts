import fc from 'fast-check';
import { Throttle } from '../src/limits/throttle';
import { ManualClock } from './support/manualClock';

const burstMs = 120_000;
/** What may run ahead of the quota: the burst, and the half minute that waits. */
const aheadSeconds = 150;

interface Run {
  clock: ManualClock;
  throttle: Throttle;
  /** When each that was let in had its turn, in the order of their coming. */
  turns: number[];
  /** Asks now, as a door does: full refuses. */
  ask(cost?: number): boolean;
}

function start(perSecond: number): Run {
  const clock = new ManualClock();
  const throttle = new Throttle(perSecond, burstMs, clock, new AbortController().signal);
  const began = clock.now();
  const turns: number[] = [];
  let came = 0;
  const ask = (cost = 1) => {
    if (throttle.isFull) return false;
    const place = came++;
    const note = () => {
      turns[place] = clock.now() - began;
    };
    const wait = throttle.grant(cost);
    if (wait) void wait.then(note);
    else note();
    return true;
  };
  return { clock, throttle, turns, ask };
}

test('250 registry reads of F1 in 10.5 s are all served, the last of them after some 3 s, as on a real hub', async () => {
  const { clock, turns, ask } = start(100 / 60);
  const came = Array.from({ length: 250 }, (_, n) => n * 42);
  const taken: boolean[] = [];
  for (const _ of came) {
    taken.push(ask());
    await clock.advance(42);
  }
  await clock.advance(10_000);
  const latency = turns.map((turn, n) => turn - (came[n] ?? 0)).sort((a, b) => a - b);
  expect(taken).not.toContain(false);
  expect(latency[125]).toBe(0);
  expect(latency[225]).toBeGreaterThan(500);
  expect(latency[225]).toBeLessThan(1500);
  expect(latency[249]).toBeGreaterThan(2500);
  expect(latency[249]).toBeLessThan(4000);
});

test.each([1 / 3, 100 / 60, 50])('who hammers at %d a second is served exactly that', async (perSecond) => {
  const { clock, throttle, ask } = start(perSecond);
  while (ask());
  const before = throttle.counts.served;
  const rounds = 300;
  for (let round = 0; round < rounds; round++) {
    await clock.advance(10_000 / perSecond);
    while (ask());
  }
  const share = (throttle.counts.served - before) / (rounds * 10);
  expect(share).toBeGreaterThan(0.999);
  expect(share).toBeLessThan(1.001);
});

test('one request after another, each when the one before is answered, is served at the rate and never refused', async () => {
  const { clock, throttle, turns, ask } = start(20 / 60);
  for (let served = 0; served < 41; served++) ask();
  const begin = clock.now();
  for (let asked = 0; asked < 200; asked++) {
    expect(ask()).toBe(true);
    while (turns.length < 42 + asked) await clock.advance(100);
  }
  const perMinute = 200 / ((clock.now() - begin) / 60_000);
  expect(perMinute).toBeGreaterThan(19.5);
  expect(perMinute).toBeLessThan(22);
  expect(throttle.counts.refused).toBe(0);
});

test('who cannot be refused is served at the rate, in turn', async () => {
  const { clock, throttle } = start(100);
  const turns: number[] = [];
  for (let n = 0; n < 20_000; n++) void (throttle.grant(1) ?? Promise.resolve()).then(() => turns.push(n));
  await clock.advance(0);
  const atOnce = turns.length;
  await clock.advance(30_000);
  const later = turns.length;
  await clock.advance(10_000);
  expect(atOnce).toBe(12_001);
  expect(turns.length - later).toBe(1000);
  expect(turns).toEqual(turns.map((_, n) => n));
});

test('what was used is earned back: after a rest there is a burst again', async () => {
  const { clock, throttle, ask } = start(20 / 60);
  while (ask());
  expect(throttle.counts.served).toBe(50);
  await clock.advance(aheadSeconds * 1000);
  while (ask());
  expect(throttle.counts.served).toBe(100);
});

test('whoever comes when: no more than the rate is served over what may run ahead, in turn, within 5 s', async () => {
  const arrival = fc.record({ after: fc.integer({ min: 0, max: 90_000 }), cost: fc.integer({ min: 1, max: 100 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(1 / 3, 100 / 60, 50),
      fc.array(arrival, { maxLength: 60 }),
      async (perSecond, arrivals) => {
        const { clock, throttle, turns, ask } = start(perSecond);
        const came: { at: number; cost: number }[] = [];
        let now = 0;
        for (const { after, cost } of arrivals) {
          await clock.advance(after);
          now += after;
          const wasFull = throttle.debtMs >= aheadSeconds * 1000;
          expect(ask(cost)).toBe(!wasFull);
          if (!wasFull) came.push({ at: now, cost });
        }
        await clock.advance(6000);
        expect(turns).toHaveLength(came.length);
        for (const [n, { at }] of came.entries()) {
          const turn = turns[n] ?? Number.NaN;
          expect(turn).toBeGreaterThanOrEqual(turns[n - 1] ?? 0);
          expect(turn - at).toBeLessThanOrEqual(5000);
          // Costs from any request on: the last of them may run over.
          const window = came.slice(0, n + 1).map((_, from) => {
            const costs = came.slice(from, n + 1).reduce((sum, { cost }) => sum + cost, 0);
            return costs - ((at - (came[from]?.at ?? 0)) / 1000 + aheadSeconds) * perSecond;
          });
          expect(Math.max(...window)).toBeLessThanOrEqual(100 + 1e-6);
        }
      },
    ),
  );
});

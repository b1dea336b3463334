import { serviceTime } from '../src/service/time';

afterEach(() => jest.restoreAllMocks());

const ticksOf = (time: string) => Number(time.slice(-5, -1));

test('times have digits below the millisecond, which are those of the moment', async () => {
  const ticks: number[] = [];
  for (let count = 0; count < 20; count++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    ticks.push(ticksOf(serviceTime()));
  }
  // By chance one may be round.
  expect(ticks.filter((tick) => tick > 0).length).toBeGreaterThan(15);
  expect(new Set(ticks.map((tick) => tick % 10)).size).toBeGreaterThan(2);
});

test('each is later than the one before, however fast they are asked for', () => {
  const times = Array.from({ length: 50_000 }, serviceTime);
  expect(times.every((time, index) => index === 0 || time > (times[index - 1] as string))).toBe(true);
});

test('they are those of the clock, also after it was set', () => {
  const ahead = Date.now() + 3_600_000;
  jest.spyOn(Date, 'now').mockImplementation(() => ahead);
  expect(Math.abs(Date.parse(serviceTime()) - ahead)).toBeLessThan(5);
  jest.restoreAllMocks();
  // Back again, they go on from where they were.
  const first = serviceTime();
  expect(serviceTime() > first).toBe(true);
});

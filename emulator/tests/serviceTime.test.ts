import { exactTime, serviceTicks, serviceTime } from '../src/service/time';

afterEach(() => jest.restoreAllMocks());

const ticksOf = (time: string) => Number(time.slice(-5, -1));

test('times have digits below the millisecond, which are those of the moment', async () => {
  const ticks: number[] = [];
  for (let count = 0; count < 20; count++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    ticks.push(ticksOf(exactTime()));
  }
  // By chance one may be round.
  expect(ticks.filter((tick) => tick > 0).length).toBeGreaterThan(15);
  expect(new Set(ticks.map((tick) => tick % 10)).size).toBeGreaterThan(2);
});

test('each is later than the one before, however fast they are asked for', () => {
  const times = Array.from({ length: 50_000 }, exactTime);
  expect(times.every((time, index) => index === 0 || time > (times[index - 1] as string))).toBe(true);
});

test('they are those of the clock, also after it was set', () => {
  const ahead = Date.now() + 3_600_000;
  jest.spyOn(Date, 'now').mockImplementation(() => ahead);
  expect(Math.abs(Date.parse(exactTime()) - ahead)).toBeLessThan(5);
  jest.restoreAllMocks();
  // Back again, they go on from where they were.
  const first = exactTime();
  expect(exactTime() > first).toBe(true);
});

test('in documents they have no zeros at the end, and no dot without digits', () => {
  const times = Array.from({ length: 50_000 }, serviceTime);
  expect(times.filter((time) => !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,6}[1-9])?Z$/.test(time))).toEqual([]);
  const at = Date.parse('2031-01-01T20:40:00Z');
  jest.spyOn(Date, 'now').mockImplementation(() => at);
  jest.spyOn(performance, 'now').mockImplementation(() => 0);
  expect(serviceTime()).toBe('2031-01-01T20:40:00Z');
  expect(serviceTime()).toBe('2031-01-01T20:40:00.0000001Z');
  expect(serviceTicks()).toBe('640606632000000002');
});

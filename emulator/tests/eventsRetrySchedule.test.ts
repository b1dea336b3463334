import fc from 'fast-check';
import { nextAttempt } from '../src/events/eventGrid/retrySchedule';

const policy = { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 };
const seconds = (number: number, status: number | undefined) => {
  const next = nextAttempt({ number, status, age: 0 }, policy);
  return typeof next === 'number' ? next / 1000 : next;
};

test('waits grow as the service documents', () => {
  const numbers = Array.from({ length: 12 }, (_, index) => index + 1);
  expect(numbers.map((number) => seconds(number, 500))).toEqual([
    10, 30, 60, 300, 600, 1800, 3600, 10800, 21600, 43200, 43200, 43200,
  ]);
});

test.each([
  [401, 300],
  [404, 300],
  [408, 120],
  [503, 30],
  [500, 10],
  [undefined, 10],
])('after %p the first wait is %i seconds', (status, wait) => {
  expect(seconds(1, status)).toBe(wait);
});

test('there is no attempt past the most, nor past the time to live', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 1440 }),
      fc.nat(1440 * 60_000),
      fc.nat(40),
      (maxDeliveryAttempts, eventTimeToLiveInMinutes, age, made) => {
        const next = nextAttempt(
          { number: made + 1, status: 500, age },
          { maxDeliveryAttempts, eventTimeToLiveInMinutes },
        );
        if (made + 1 >= maxDeliveryAttempts) expect(next).toBe('MaxDeliveryAttemptsExceeded');
        else if (typeof next === 'number') expect(age + next).toBeLessThanOrEqual(eventTimeToLiveInMinutes * 60_000);
        else expect(next).toBe('TimeToLiveExceeded');
      },
    ),
  );
});

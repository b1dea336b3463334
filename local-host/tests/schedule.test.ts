import { isFrequent, parseSchedule } from '../src/triggers/schedule';

const next = (schedule: string, from: string) => parseSchedule(schedule).after(new Date(from)).toISOString();

/** The host's time zone is that of its process. */
const local = (text: string) => new Date(text).toISOString();

test.each([
  ['0 */5 * * * *', '2026-11-24T10:02:30', '2026-11-24T10:05:00'],
  ['*/5 * * * *', '2026-11-24T10:02:30', '2026-11-24T10:05:00'],
  ['15,45 30 9-17 * * mon-FRI', '2026-11-27T17:30:45', '2026-11-30T09:30:15'],
  ['0 0 0 1 jan *', '2026-11-24T00:00:00', '2027-01-01T00:00:00'],
])('%s after %s comes at %s', (schedule, from, expected) => {
  expect(next(schedule, from)).toBe(local(expected));
});

test('a day and a weekday must both fit', () => {
  // The first Friday that is a 13th.
  expect(next('0 0 0 13 * 5', '2026-11-24T00:00:00')).toBe(local('2027-08-13T00:00:00'));
});

test.each([
  ['00:05:00', 5 * 60],
  ['1.02:00:00', 26 * 60 * 60],
  ['24:00:00', 24 * 24 * 60 * 60],
])('the time span %s is %i seconds', (span, seconds) => {
  expect(next(span, '2026-11-24T00:00:00Z')).toBe(new Date(Date.UTC(2026, 10, 24) + seconds * 1000).toISOString());
});

test.each(['', 'now', '* * * *', '61 * * * * *', '0 0 0 31 2 *'])('%j is refused', (schedule) => {
  expect(() => next(schedule, '2026-11-24T00:00:00')).toThrow();
});

test('a timer that fires more often than once a minute is frequent', () => {
  expect([isFrequent(parseSchedule('*/30 * * * * *')), isFrequent(parseSchedule('0 * * * * *'))]).toEqual([
    true,
    false,
  ]);
});

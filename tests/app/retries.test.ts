import { HubError } from '../../src/hub/hubError';
import { withRetries } from '../../src/hub/retries';

afterEach(() => jest.restoreAllMocks());

it('a deadline that passes a little before its time is still the end', async () => {
  jest.spyOn(Math, 'random').mockReturnValue(0);
  jest.spyOn(performance, 'now').mockReturnValue(0);
  const attempt = jest.fn(
    (signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  );
  await expect(withRetries(attempt, 10)).rejects.toMatchObject({
    code: 'unavailable',
    message: 'The hub did not answer within 0.01 s.',
  });
  expect(attempt).toHaveBeenCalledTimes(1);
});

it('a fault of the connection is tried again before the deadline', async () => {
  const fault = new HubError('unavailable', 'cut');
  const attempt = jest.fn<Promise<string>, []>().mockRejectedValueOnce(fault).mockResolvedValue('answer');
  await expect(withRetries(attempt, 5000)).resolves.toBe('answer');
});

import { getEventListeners } from 'node:events';
import { Client } from '../../fleet/client';
import { type Reply, startScriptedApp } from './scriptedApp';

let app: Awaited<ReturnType<typeof startScriptedApp>>;
let answer: () => Reply;

beforeEach(async () => {
  app = await startScriptedApp(() => answer());
});
afterEach(() => app.stop());

const clientOf = (signal: AbortSignal) => new Client({ url: app.url, key: undefined, signal, onWait: () => {} });

test('ten thousand pages leave nothing behind on the signal of their command', async () => {
  answer = () => ({ json: {} });
  const { signal } = new AbortController();
  const client = clientOf(signal);
  for (let request = 0; request < 30; request++) await client.send('api/devices');
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('an aborted signal ends the request that is under way, and sends no other', async () => {
  const stop = new AbortController();
  answer = () => {
    stop.abort();
    return 'hang';
  };
  const client = clientOf(stop.signal);
  await expect(client.send('api/devices')).rejects.toMatchObject({ name: 'AbortError' });
  await expect(client.send('api/devices')).rejects.toMatchObject({ name: 'AbortError' });
  expect(app.received).toHaveLength(1);
});

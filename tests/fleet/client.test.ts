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

test('a token goes as a bearer, over https alone, and a write says that it is no form', async () => {
  answer = () => ({ json: {} });
  const { signal } = new AbortController();
  const options = { key: undefined, token: 'ada:Fleet.Write', signal, onWait: () => {} };
  const client = new Client({ url: app.url, ...options });
  await client.send('api/devices');
  await client.send('api/tagJobs/j', { method: 'DELETE' });
  expect(app.received.map(({ headers }) => [headers.authorization, headers['x-requested-by']])).toEqual([
    ['Bearer ada:Fleet.Write', undefined],
    ['Bearer ada:Fleet.Write', 'fleet'],
  ]);
  expect(() => new Client({ url: 'http://fleet.example', ...options })).toThrow('https only');
});

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Poster } from '../emulator/src/wire/post';
import { post } from '../local-host/src/outputs/post';

/** Answers each request, and closes the connection without having said so. */
async function startHasty(): Promise<{ url: string; stop(): void }> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', () => setImmediate(() => socket.destroy()));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, stop: () => server.close() };
}

test.each<[string, (url: string) => (body: string) => Promise<unknown>]>([
  [
    'the emulator',
    (url) => {
      const poster = new Poster(url, 10_000);
      return (body) => poster.post({}, body);
    },
  ],
  ['the local host', (url) => (body) => post(new URL(url), {}, body)],
])('%s sends again what met a connection that was closed meanwhile', async (_, sender) => {
  const { url, stop } = await startHasty();
  const send = sender(url);
  for (let n = 0; n < 300; n++) await send('{}');
  stop();
});

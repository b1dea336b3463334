import { resolve } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type HttpHandler, HttpRequest, type HttpResponseInit, InvocationContext } from '@azure/functions';

const { page }: { page: HttpHandler } = require(resolve('dist/page.js'));

interface Answer {
  status: number;
  headers: Record<string, string>;
  bytes: Buffer;
}

/** Asks as the host does: `file` is what the route's `{*file}` holds. */
async function get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const url = `http://localhost/api${path}`;
  const file = /^\/page\/(.+)$/.exec(path)?.[1];
  const request = new HttpRequest({ url, method: 'GET', headers, params: file === undefined ? {} : { file } });
  const reply = (await page(request, new InvocationContext({ functionName: 'page' }))) as HttpResponseInit;
  return {
    status: reply.status ?? 200,
    headers: reply.headers as Record<string, string>,
    bytes: Buffer.from((reply.body as Uint8Array | undefined) ?? ''),
  };
}

/** The addresses of the files that a page names, where a browser finds them. */
async function filesOf(path: string): Promise<string[]> {
  const html = (await get(path)).bytes.toString();
  const named = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, each = '']) => each);
  expect(named).toHaveLength(3);
  return named.map((each) => new URL(each, `http://localhost/api${path}`).pathname.replace('/api', ''));
}

const codings = { br: brotliDecompressSync, gzip: gunzipSync } as const;

test.each(['/page', '/page/', '/PAGE', '/page/devices', '/page/devices/', '/page/devices/a'])(
  '%s is the page, whose files are found from there',
  async (path) => {
    const { status, headers } = await get(path);
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    for (const file of await filesOf(path)) expect((await get(file.replace('/PAGE/', '/page/'))).status).toBe(200);
  },
);

test('a gateway may have the app at another path', async () => {
  const request = new HttpRequest({ url: 'http://localhost/twins/page', method: 'GET' });
  const reply = (await page(request, new InvocationContext())) as HttpResponseInit;
  expect(String(reply.body)).toContain('src="page/app-');
});

test('files may be kept for ever; each coding has an etag of its own, by which it is not sent again', async () => {
  const [, , script = ''] = await filesOf('/page');
  const plain = await get(script);
  expect(plain.headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding',
  });
  const etags = new Set([plain.headers.etag]);
  for (const [coding, decode] of Object.entries(codings)) {
    const { headers, bytes } = await get(script, { 'accept-encoding': coding });
    expect(headers['content-encoding']).toBe(coding);
    expect(decode(bytes).equals(plain.bytes)).toBe(true);
    etags.add(headers.etag);
    const again = await get(script, { 'accept-encoding': coding, 'if-none-match': `"x", W/${headers.etag}` });
    expect(again).toMatchObject({ status: 304, headers: { etag: headers.etag } });
    expect(again.bytes).toHaveLength(0);
  }
  expect(etags.size).toBe(3);
});

test.each([
  ['br, gzip', 'br'],
  ['gzip, deflate, br', 'br'],
  ['gzip', 'gzip'],
  ['br;q=0.5, gzip', 'gzip'],
  ['br;q=0, gzip', 'gzip'],
  ['*', 'br'],
  ['*;q=0', undefined],
  ['deflate', undefined],
  ['', undefined],
])('Accept-Encoding %p is answered with %p', async (accept, coding) => {
  for (const path of ['/page', (await filesOf('/page'))[2] ?? '']) {
    expect((await get(path, { 'accept-encoding': accept })).headers['content-encoding']).toBe(coding);
  }
});

test.each(['/page/app-AAAAAAAA.js', '/page/other.css', '/page/a/b.png', '/page/.env', '/page/../host.json'])(
  '%s is not there',
  async (path) => {
    expect((await get(path)).status).toBe(404);
  },
);

test('the page gets nothing from elsewhere, and no other page may frame it or send its forms', async () => {
  for (const path of ['/page', (await filesOf('/page'))[2] ?? '']) {
    const { headers } = await get(path);
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    expect(headers['set-cookie']).toBeUndefined();
  }
});

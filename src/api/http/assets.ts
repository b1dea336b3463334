import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { negotiateCoding } from './negotiate';

/** A file as it is, and in the codings that it was compressed to. */
interface Asset {
  type: string;
  bytes: Record<Coding, Uint8Array>;
}

/** What the build makes of a page: its files, named by what is in them, and the page that names them. */
export interface Assets {
  files: ReadonlyMap<string, Asset>;
  /** `{base}` stands for where the files are. */
  page: string;
}

type Coding = 'br' | 'gzip' | 'identity';

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Nothing from elsewhere, nothing in the page itself, and no other page around it. */
const policy = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

const compressed = { br: promisify(brotliCompress), gzip: promisify(gzip) };

/** Reads what the build has put into a folder. */
export async function readAssets(folder: string): Promise<Assets> {
  const read = (name: string) => readFile(join(folder, name));
  const names = (await readdir(folder)).filter((name) => extname(name) in types);
  const files = names.map(async (name): Promise<[string, Asset]> => {
    const [br, gz, identity] = await Promise.all([read(`${name}.br`), read(`${name}.gz`), read(name)]);
    return [name, { type: types[extname(name)] ?? '', bytes: { br, gzip: gz, identity } }];
  });
  return { files: new Map(await Promise.all(files)), page: (await read('index.html')).toString() };
}

/** Answers a file, which a browser may keep for ever: another content has another name. */
export function answerAsset({ type, bytes }: Asset, headers: HttpRequest['headers']): HttpResponseInit {
  const coding = codingFor(headers);
  return answer({ type, coding, bytes: bytes[coding] }, headers, 'public, max-age=31536000, immutable');
}

/**
 * Answers the page, which a browser must not keep: the next one names other files. They are told relative to where it was
 * asked for, since a gateway may have the app at another path, and the page may not name a base of its own.
 */
export async function answerPage(
  page: string,
  pathname: string,
  headers: HttpRequest['headers'],
): Promise<HttpResponseInit> {
  const [, rest] = /\/page(\/.*)?$/i.exec(pathname) ?? [];
  const base = rest === undefined ? 'page/' : '../'.repeat(rest.split('/').length - 2) || './';
  const whole = Buffer.from(page.replaceAll('{base}', base));
  const coding = codingFor(headers);
  const bytes = coding === 'identity' ? whole : await compressed[coding](whole);
  return answer({ type: 'text/html; charset=utf-8', coding, bytes }, headers, 'no-store');
}

function codingFor(headers: HttpRequest['headers']): Coding {
  return negotiateCoding(headers.get('accept-encoding'), ['br', 'gzip']) ?? 'identity';
}

/** What is sent of a file, in the coding that its reader takes. */
interface Sent {
  type: string;
  coding: Coding;
  bytes: Uint8Array;
}

function answer(
  { type, coding, bytes }: Sent,
  headers: HttpRequest['headers'],
  cacheControl: string,
): HttpResponseInit {
  const hash = createHash('sha256').update(bytes).digest('base64url');
  const common = { etag: `"${hash}"`, 'cache-control': cacheControl, vary: 'accept-encoding', ...policy };
  const known = headers.get('if-none-match')?.split(',') ?? [];
  if (known.some((each) => each.trim().replace(/^W\//, '') === common.etag)) return { status: 304, headers: common };
  return {
    headers: {
      ...common,
      'content-type': type,
      ...(coding === 'identity' ? {} : { 'content-encoding': coding }),
    },
    body: bytes,
  };
}

import type { IncomingMessage } from 'node:http';
import { BlockList } from 'node:net';
import type { LocalHost } from '../settings';
import type { HttpReply } from './httpTrigger';

/** Whom a host answers. */
export interface Callers {
  /** By which it is called, beside those of this machine. */
  names: readonly string[];
  cors: LocalHost;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** What runs functions without a trigger of HTTP: for pages of no other origin, whatever CORS says. */
const behindTheScenes = /^\/(admin|runtime)(\/|$)/i;

/**
 * Judges a caller by what a page in a browser cannot choose, since the host asks for no keys. A foreign `Host` is that of
 * a page whose name was made to lead to this machine (DNS rebinding): 421 (RFC 9110, 15.5.20). A foreign `Origin` is that
 * of another page. Ports are not compared with the host's own, which others may have mapped; and who sends neither header
 * is no browser.
 *
 * @returns why the request is not taken; undefined where it is.
 */
export function judgeCaller({ headers }: IncomingMessage, path: string, callers: Callers): HttpReply | undefined {
  const called = urlOf(headers.host ?? 'localhost');
  if (!called) return { status: 400 };
  const { hostname } = called;
  const isOurs = ['localhost', ...callers.names].some((name) => urlOf(name)?.hostname === hostname);
  if (!isOurs && !isLoopback(hostname)) return says(421, `This host is not called ${hostname}: see its option --host.`);
  const { origin } = headers;
  if (origin === undefined || origin === called.origin) return undefined;
  if (isAllowed(origin, callers.cors) && !behindTheScenes.test(path)) return undefined;
  return says(403, 'Pages of another origin may not call this: see Host.CORS of local.settings.json.');
}

/** Whether `Host.CORS` of local.settings.json lets pages of an origin in. */
export function isAllowed(origin: string, cors: LocalHost): boolean {
  const allowed = cors?.CORS?.split(',').map((each) => each.trim()) ?? [];
  return allowed.includes('*') || allowed.includes(origin);
}

/** What a header `Host` leads to; undefined where it holds more than a name and a port. */
function urlOf(host: string): URL | undefined {
  const url = `http://${host}`;
  return /^[^\s/?#@\\%]+$/.test(host) && URL.canParse(url) ? new URL(url) : undefined;
}

function isLoopback(hostname: string): boolean {
  return hostname.startsWith('[') ? loopback.check(hostname.slice(1, -1), 'ipv6') : loopback.check(hostname);
}

function says(status: number, message: string): HttpReply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: message };
}

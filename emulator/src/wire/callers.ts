import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isLoopback } from './loopback';

/** Why a door does not take a request. */
export interface Refusal {
  status: number;
  message: string;
}

/** Answers why a request is not taken; undefined where it is. */
export type Judge = (request: IncomingMessage) => Refusal | undefined;

export interface CallersOptions {
  /** The name in certificates and connection strings. */
  host: string;
  /** The address that the door listens on. */
  bind: string;
  /** Origins whose pages may call, beside the door's own. */
  origins: readonly string[];
}

/**
 * Judges the callers of a door over HTTPS by what a page in a browser cannot choose. A foreign `Host` is that of a page
 * whose name was made to lead to this machine (DNS rebinding): 421 (RFC 9110, 15.5.20). A foreign `Origin` is that of
 * another page. Ports are not compared with the door's own, which others may have mapped; and who sends neither header
 * is no browser.
 *
 * @throws Error where one of the origins is none.
 */
export function judgeCallers({ host, bind, origins }: CallersOptions): Judge {
  const names = ['localhost', host, isIP(bind) === 6 ? `[${bind}]` : bind].map((name) => urlOf(name)?.hostname);
  // No address can be rebound; which of them lead here, a door that is open to all cannot know behind mapped ports.
  const isEveryAddress = bind === '0.0.0.0' || bind === '::';
  const allowed = origins.map(readOrigin);
  return ({ headers }) => {
    // Nearly all: a name of ours, and no page.
    const [, name = '', port = '0'] = /^([\w.-]+)(?::(\d{1,5}))?$/.exec(headers.host ?? '') ?? [];
    const isOurs = names.includes(name.toLowerCase()) && Number(port) <= 65_535;
    if (isOurs && headers.origin === undefined) return undefined;
    const called = urlOf(headers.host ?? host);
    if (!called) return { status: 400, message: 'The header Host holds no name.' };
    const address = called.hostname.replace(/^\[|\]$/g, '');
    if (!names.includes(called.hostname) && !isLoopback(address) && !(isEveryAddress && isIP(address))) {
      return { status: 421, message: `This emulator is not called ${called.hostname}: start it with --host to be.` };
    }
    const { origin } = headers;
    if (origin === undefined || [called.origin, ...allowed].includes(originOf(origin) ?? '')) return undefined;
    return { status: 403, message: 'Pages of another origin may not call this emulator: see --allow-origin.' };
  };
}

/** What a header `Host` leads to; undefined where it holds more than a name and a port. */
function urlOf(host: string): URL | undefined {
  const url = `https://${host}`;
  return /^[^\s/?#@\\%]+$/.test(host) && URL.canParse(url) ? new URL(url) : undefined;
}

function originOf(text: string): string | undefined {
  return URL.canParse(text) ? new URL(text).origin : undefined;
}

function readOrigin(text: string): string {
  const origin = originOf(text);
  if (origin === undefined || origin === 'null') {
    throw new Error(`'${text}' is no origin such as http://localhost:3000.`);
  }
  return origin;
}

import type { IncomingHttpHeaders } from 'node:http';
import { type RequestOptions, request } from 'node:https';

/** What a server answered. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/**
 * Sends one request and reads its answer.
 *
 * @throws NodeJS.ErrnoException where the connection fails; the reason of the signal when that aborts.
 */
export function exchange(options: RequestOptions, body: string, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const sent = request(options, (reply) => {
      let text = '';
      reply.setEncoding('utf8');
      reply.on('data', (part: string) => {
        text += part;
      });
      reply.on('error', fail);
      reply.on('end', () => {
        signal.removeEventListener('abort', leave);
        resolve({ status: reply.statusCode ?? 0, headers: reply.headers, text });
      });
    });
    const fail = (error: Error) => {
      signal.removeEventListener('abort', leave);
      reject(error);
    };
    // Not by the option `signal`: for one request Node spends as much on that as on all its headers.
    const leave = () => {
      reject(signal.reason);
      sent.destroy();
    };
    signal.addEventListener('abort', leave, { once: true });
    sent.on('error', fail);
    sent.end(body);
  });
}

import * as http from 'node:http';
import * as https from 'node:https';
import { readBody } from '../readBody';

/** Longest wait for an answer, in milliseconds. */
const answerMs = 30_000;

/** Connections are kept for the next request, for less than the five seconds of many servers. */
const keeping = { keepAlive: true, timeout: 4000 };
const httpAgent = new http.Agent(keeping);
const httpsAgent = new https.Agent(keeping);

/**
 * Posts a text. By Node's plain client: `fetch` costs several times as much.
 *
 * @throws Error where no answer comes.
 */
export function post(
  url: URL,
  headers: http.OutgoingHttpHeaders,
  body: string,
): Promise<{ status: number; body: string }> {
  const [{ request }, agent] = url.protocol === 'https:' ? [https, httpsAgent] : [http, httpAgent];
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', agent, headers }, (answer) => {
      const { statusCode: status = 0 } = answer;
      readBody(answer).then((bytes) => resolve({ status, body: bytes.toString() }), reject);
    });
    const late = setTimeout(() => asked.destroy(new Error(`${url.host} did not answer in time.`)), answerMs);
    asked.on('close', () => clearTimeout(late));
    asked.on('error', (error: NodeJS.ErrnoException) => {
      // The connection was kept, and closed by the other side: most likely before it saw the request.
      if (asked.reusedSocket && error.code === 'ECONNRESET') resolve(post(url, headers, body));
      else reject(error);
    });
    asked.end(body);
  });
}

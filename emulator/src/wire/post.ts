import * as http from 'node:http';
import * as https from 'node:https';

/** How long a connection is kept for the next request, in milliseconds: less than the five seconds of many servers. */
const idleMs = 4000;

/** Sends requests to one endpoint, over connections that it keeps. */
export class Poster {
  readonly #client: typeof http | typeof https;
  readonly #agent: http.Agent;

  /** @param answerMs how long an answer is waited for. */
  constructor(
    private readonly url: string,
    private readonly answerMs: number,
  ) {
    this.#client = url.startsWith('https:') ? https : http;
    this.#agent = new this.#client.Agent({ keepAlive: true, timeout: idleMs });
  }

  /**
   * The status of the answer, whose body is dropped; redirects are not followed. By Node's plain client: `fetch` costs
   * several times as much.
   *
   * @throws Error where none comes.
   */
  post(headers: http.OutgoingHttpHeaders, body: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const options = { method: 'POST', agent: this.#agent, headers };
      const request = this.#client.request(this.url, options, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      const late = setTimeout(() => request.destroy(new Error(`none in ${this.answerMs} ms`)), this.answerMs);
      request.on('close', () => clearTimeout(late));
      request.on('error', (error: NodeJS.ErrnoException) => {
        // The connection was kept, and closed by the other side: most likely before it saw the request.
        if (request.reusedSocket && error.code === 'ECONNRESET') resolve(this.post(headers, body));
        else reject(error);
      });
      request.end(body);
    });
  }

  /** Breaks off what is under way. */
  stop(): void {
    this.#agent.destroy();
  }
}

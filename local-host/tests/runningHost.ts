import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve as resolvePath } from 'node:path';
import { createInterface } from 'node:readline';

const cli = join(__dirname, '../dist/cli.js');
const fixtures = join(__dirname, 'fixtures');

/** A reply as it came, with nothing made of it. */
export interface RawReply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** A host in a process of its own, which runs a fixture. */
export class RunningHost {
  readonly lines: string[] = [];
  readonly exit: Promise<number | null>;
  #wake: () => void = () => {};
  #ended = false;

  private constructor(
    private readonly child: ReturnType<typeof spawn>,
    readonly stateDir: string,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#hear(line));
    }
    this.exit = once(child, 'close').then(([code]) => {
      this.#ended = true;
      this.#wake();
      return code as number | null;
    });
  }

  /**
   * Starts a fixture, by its name or its folder, on the port that `PORT` says: empty for none on the command line; with
   * the other name that `HOST_NAME` says, `AUTH`, `WAIT_FOR` and `QUIET`. With a state folder given, that one is used and kept.
   */
  static async spawn(fixture: string, env: NodeJS.ProcessEnv = {}, kept?: string): Promise<RunningHost> {
    const stateDir = kept ?? (await mkdtemp(join(tmpdir(), 'host-')));
    const port = env.PORT === '' ? [] : ['--port', env.PORT ?? '0'];
    const names = env.HOST_NAME === undefined ? [] : ['--host', env.HOST_NAME];
    const auth = env.AUTH === undefined ? [] : ['--auth', env.AUTH];
    const waitFor = env.WAIT_FOR === undefined ? [] : ['--wait-for', env.WAIT_FOR];
    const quiet = env.QUIET ? ['--quiet'] : [];
    const args = [
      ...[cli, ...port, ...names, ...auth, ...waitFor, ...quiet],
      ...['--script-root', resolvePath(fixtures, fixture), '--state-dir', stateDir],
    ];
    return new RunningHost(spawn(process.execPath, args, { env: { ...process.env, ...env } }), stateDir);
  }

  /** Starts a fixture and waits until it serves. */
  static async start(fixture: string, env: NodeJS.ProcessEnv = {}, kept?: string): Promise<RunningHost> {
    const host = await RunningHost.spawn(fixture, env, kept);
    await host.line(/^Host started/);
    return host;
  }

  /** The first line that matches, of those since a position. @throws Error when the host ends before. */
  async line(pattern: RegExp, from = 0): Promise<string> {
    for (;;) {
      const found = this.lines.slice(from).find((line) => pattern.test(line));
      if (found !== undefined) return found;
      if (this.#ended) throw new Error(`The host ended without ${pattern}:\n${this.lines.join('\n')}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  get pid(): number {
    return Number(this.child.pid);
  }

  get port(): number {
    return Number(/Host started on \S+:(\d+)/.exec(this.lines.join('\n'))?.[1]);
  }

  /**
   * Sends the text of a request over a socket of its own; answers the text that comes back until the host ends it. With
   * `more`, the client has not yet said all.
   */
  async raw(text: string, { more = false } = {}): Promise<string> {
    const socket = connect(this.port, '127.0.0.1');
    if (more) socket.write(text);
    else socket.end(text);
    let reply = '';
    for await (const chunk of socket) reply += chunk;
    return reply;
  }

  /** Sends a request as it is given: the path is not normalized. */
  request(method: string, path: string, headers: Record<string, string | string[]> = {}, body = ''): Promise<RawReply> {
    return new Promise((resolve, reject) => {
      const length = body ? { 'content-length': String(Buffer.byteLength(body)) } : {};
      const options = { port: this.port, host: '127.0.0.1', method, path, headers: { ...headers, ...length } };
      const sent = httpRequest(options, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
      sent.on('error', reject).end(body);
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async stop(keepState = false): Promise<void> {
    if (!this.#ended) this.child.kill('SIGTERM');
    await this.exit;
    if (!keepState) await rm(this.stateDir, { recursive: true, force: true });
  }

  #hear(line: string): void {
    this.lines.push(line);
    this.#wake();
  }
}

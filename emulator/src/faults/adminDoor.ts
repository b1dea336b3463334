import type { IncomingMessage } from 'node:http';
import type { Limits } from '../limits/limits';
import type { Handler } from '../rest/httpsServer';
import { isLoopback } from '../wire/loopback';
import { BodyTooLargeError, readBody } from '../wire/readBody';
import { type Reply, send } from '../wire/reply';
import { AdminInputError, parseBacklog, parseQuotaChange } from './adminInput';
import type { Faults } from './faults';
import { parseFaultOrder } from './order';

/** Longest body that the door takes, in bytes. */
const maxBodyBytes = 64 * 1024;

/** A body is not called JSON. */
class MediaTypeError extends Error {
  override readonly name = 'MediaTypeError';
}

/** What the door opens. */
export interface AdminOptions {
  faults: Faults;
  /** Absent where nothing is limited. */
  limits: Limits | undefined;
  log: (line: string) => void;
}

/**
 * The door for who tries an app against a hub that fails: `/admin/*`, from this machine and without a token. It is the
 * emulator's own; a hub has none.
 */
export function adminDoor(options: AdminOptions): Handler {
  return (request, response, { path }) => {
    if (!/^\/admin(\/|$)/.test(path)) return false;
    void answer(options, request, path)
      .catch((error: unknown) => {
        if (error instanceof AdminInputError) return says(400, error.message);
        if (error instanceof MediaTypeError) return says(415, error.message);
        if (error instanceof BodyTooLargeError) return says(413, error.message);
        if (!response.destroyed) options.log(`${path} failed: ${error instanceof Error ? error.stack : error}`);
        return says(500, 'The emulator failed; its log says why.');
      })
      .then((reply) => send(response, reply));
    return true;
  };
}

async function answer({ faults, limits }: AdminOptions, request: IncomingMessage, path: string): Promise<Reply> {
  if (!isLoopback(request.socket.remoteAddress)) return says(403, 'This door is for the machine that it is on.');
  switch (`${request.method} ${path}`) {
    case 'GET /admin/faults':
      return { status: 200, body: faults.list() };
    case 'POST /admin/faults':
      faults.add(parseFaultOrder(await readJson(request)));
      return { status: 201, body: faults.list() };
    case 'DELETE /admin/faults':
      faults.clear();
      return { status: 204 };
    case 'GET /admin/throttling':
      return limits ? { status: 200, body: limits.report() } : unlimited;
    case 'PUT /admin/throttling': {
      const { operation, aheadSeconds } = parseBacklog(await readJson(request));
      if (!limits) return unlimited;
      limits.runAhead(operation, aheadSeconds);
      return { status: 200, body: limits.report() };
    }
    case 'GET /admin/quota':
      return limits ? quotaReply(limits) : unlimited;
    case 'PUT /admin/quota': {
      const { used } = parseQuotaChange(await readJson(request));
      if (!limits) return unlimited;
      limits.quota.used = used;
      return quotaReply(limits);
    }
    default:
      return says(404, `There is no ${request.method} ${path}.`);
  }
}

const unlimited = says(404, 'This hub is not limited: start the emulator with --sku.');

function quotaReply({ tier: { sku, units, blockBytes }, quota: { limit, used, resetsAt } }: Limits): Reply {
  const left = Math.max(0, limit - used);
  return { status: 200, body: { sku, units, blockBytes, limit, used, left, resetsAt } };
}

/**
 * A body that says that it is JSON: a page in a browser cannot send one to another origin unasked.
 *
 * @throws MediaTypeError, AdminInputError
 */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const bytes = await readBody(request, maxBodyBytes);
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
    throw new MediaTypeError('The content type must be application/json.');
  }
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw new AdminInputError('The body is not JSON.');
  }
}

function says(status: number, message: string): Reply {
  return { status, body: { message } };
}

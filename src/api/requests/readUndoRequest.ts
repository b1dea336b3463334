import { createHash } from 'node:crypto';
import type { HttpRequest } from '@azure/functions';
import * as z from 'zod/mini';
import { describeFaults } from '../../errors/describeFaults';
import { InvalidInputError } from '../../errors/invalidInputError';
import type { TagRequest } from '../../tagJobs/targets';
import { flagParameter, readParameters } from '../http/parameters';
import { readJsonBody } from '../http/readJsonBody';
import { readAuthor, reasonParameter } from './author';
import { parseIdempotencyKey } from './readTagRequest';

/** The query parameters of what takes back a job or a change. A JSON body may name them itself. */
export const undoParameters = z.object({
  dryRun: flagParameter,
  /** Whether what was changed since is overridden. */
  force: flagParameter,
  reason: reasonParameter,
});

/** The JSON body of the same; there need not be one. */
export const undoSchema = z.strictObject({
  dryRun: z.optional(z.boolean()),
  force: z.optional(z.boolean()),
  reason: reasonParameter,
});

/** What is asked for, but for what is to be taken back. */
export type UndoRequest = Omit<TagRequest, 'targets'> & { undoes: string; force: boolean };

/**
 * Reads a request to take back a job or a change.
 *
 * @param undoes the id of what is to be taken back.
 * @param isSignedIn whether the platform signs callers in: see `callerOf`.
 * @throws InvalidInputError | ProblemError
 */
export async function readUndoRequest(request: HttpRequest, undoes: string, isSignedIn: boolean): Promise<UndoRequest> {
  const asked = readParameters(undoParameters, request.query);
  const { headers } = request;
  // One that does not say what it is is refused: passed over, its dryRun would be, too.
  const hasBody = headers.has('content-type') || Number(headers.get('content-length')) > 0;
  const body = hasBody ? parseBody(await readJsonBody(request)) : {};
  const force = asked.force || body.force === true;
  return {
    undoes,
    force,
    engine: undefined,
    dryRun: asked.dryRun || body.dryRun === true,
    undoable: true,
    author: readAuthor(request, isSignedIn, body.reason, asked.reason),
    ignoredColumns: [],
    idempotencyKey: parseIdempotencyKey(headers.get('idempotency-key')),
    fingerprint: createHash('sha256').update(`undo ${undoes} ${force}`).digest('base64url'),
  };
}

function parseBody(body: unknown): z.infer<typeof undoSchema> {
  const { success, data, error } = undoSchema.safeParse(body);
  if (success) return data;
  const [issue] = error.issues;
  const fault = issue?.code === 'unrecognized_keys' ? `unknown ${issue.keys.join(', ')}` : describeFaults(error);
  throw new InvalidInputError(`The body is { dryRun?, force?, reason? }: ${fault}.`);
}

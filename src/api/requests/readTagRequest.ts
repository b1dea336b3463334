import { createHash } from 'node:crypto';
import type { HttpRequest } from '@azure/functions';
import * as z from 'zod/mini';
import { allOf } from '../../conditions/condition';
import { conditionSchema, parseCondition } from '../../conditions/conditionJson';
import { parseWords } from '../../conditions/deviceFilter';
import type { ListedFields } from '../../conditions/twinQuery';
import { describeFaults } from '../../errors/describeFaults';
import { InvalidInputError } from '../../errors/invalidInputError';
import { anyJson, anyJsonObject, type Json } from '../../json';
import { charactersOf, maxChunkCharacters } from '../../tagJobs/chunk';
import { engines } from '../../tagJobs/tagJob';
import { NamedDevices, refuseEmpty } from '../../tagJobs/tagRow';
import type { TagRequest, Targets } from '../../tagJobs/targets';
import { parseDeviceId } from '../../twins/deviceId';
import { parseTagsPatch, type TagsPatch } from '../../twins/tags';
import { decodeText } from '../formats/decodeText';
import { parseCsv } from '../formats/parseCsv';
import { parseNdjson } from '../formats/parseNdjson';
import { tagsOfCells } from '../formats/tagColumns';
import { flagParameter, readParameters } from '../http/parameters';
import { parseJsonBytes, readBody } from '../http/readBody';
import { readAuthor, reasonParameter } from './author';
import { allowParameter, refuseTwinForm } from './twinForm';

/** Longest body of a tag job. */
const maxBytes = 8 * 1024 * 1024;

/** Most names that the answer tells of those that say nothing about tags. */
const maxIgnored = 100;

const contentTypes = ['application/json', 'text/csv', 'application/x-ndjson'] as const;

/** The query parameters of `POST /api/tagJobs`. A JSON body may name them itself, but for `allow`. */
export const tagTwinsParameters = z.object({
  engine: z.optional(z.enum(engines, `is one of ${engines.join(', ')}`)),
  dryRun: flagParameter,
  allow: allowParameter,
  /** Whether what is replaced is kept: each twin is read before it is written. */
  undoable: z._default(z.boolean('is true or false'), true),
  reason: reasonParameter,
});

const members = {
  engine: z.optional(z.enum(engines)),
  dryRun: z.optional(z.boolean()),
  undoable: z.optional(z.boolean()),
  reason: reasonParameter,
  /** A condition in words. */
  filter: z.optional(z.string()),
  /** Instead of tags: columns and cells as a CSV has them, `{ "plant": "X", "site": "null" }`. */
  cells: z.optional(z.record(z.string(), z.string())),
};

/** The JSON body of a tag job: devices by their ids, or by a condition. */
export const tagJobSchema = z.strictObject({
  ...members,
  deviceIds: z.optional(z.array(z.string()).check(z.minLength(1))),
  tags: z.optional(z.record(z.string(), anyJson)),
  where: z.optional(conditionSchema),
});

/**
 * The same, whose ids, tags and condition are read by parsers that tell their faults better. A fault of each of many
 * elements would end the stack, too: zod spreads them.
 */
const bodySchema = z.strictObject({
  ...members,
  deviceIds: z.optional(z.array(anyJson).check(z.minLength(1))),
  tags: z.optional(anyJsonObject),
  where: z.optional(anyJson),
});

/**
 * Reads a request for tags on many devices.
 *
 * @param isSignedIn whether the platform signs callers in: see `callerOf`.
 * @throws InvalidInputError | ProblemError
 */
export async function readTagRequest(
  request: HttpRequest,
  paths: ListedFields,
  isSignedIn: boolean,
): Promise<TagRequest> {
  const asked = readParameters(tagTwinsParameters, request.query);
  const { type, bytes } = await readBody(request, contentTypes, maxBytes);
  const idempotencyKey = parseIdempotencyKey(request.headers.get('idempotency-key'));
  const hash = createHash('sha256').update(`${type} ${asked.engine} `).update(bytes);
  const common = { idempotencyKey, fingerprint: hash.digest('base64url'), ignoredColumns: [] };
  if (type === 'application/json') {
    const { reason, ...read } = await parseBody(parseJsonBytes(bytes), asked, paths);
    return { ...common, ...read, author: readAuthor(request, isSignedIn, reason, asked.reason) };
  }
  const text = decodeText(bytes);
  const { rows, ignoredColumns } = (type === 'text/csv' ? parseCsv : parseNdjson)(text, paths);
  const { engine, dryRun, undoable } = asked;
  return {
    ...common,
    engine,
    dryRun,
    undoable,
    targets: { kind: 'list', rows, tags: undefined },
    author: readAuthor(request, isSignedIn, asked.reason),
    ignoredColumns: someOf(ignoredColumns),
  };
}

/** Each line can have other names. */
function someOf(names: readonly string[]): string[] {
  const more = names.length - maxIgnored;
  return [...names.slice(0, maxIgnored), ...(more > 0 ? [`and ${more} more`] : [])];
}

type Asked = z.infer<typeof tagTwinsParameters>;

async function parseBody(
  body: Json,
  asked: Asked,
  paths: ListedFields,
): Promise<Pick<TagRequest, 'targets' | 'engine' | 'dryRun' | 'undoable'> & { reason: string | undefined }> {
  const { success, data, error } = bodySchema.safeParse(body);
  if (!success) throw badBody(error);
  const { deviceIds, where, filter, engine = asked.engine, dryRun, undoable = true, reason } = data;
  if (engine !== (asked.engine ?? engine)) {
    throw new InvalidInputError(`The body asks for engine ${engine}, the address for ${asked.engine}.`, 'engine');
  }
  const tags = readSharedTags(data, asked, paths);
  const condition = allOf([
    ...(where === undefined ? [] : [parseCondition(where, paths)]),
    ...(filter === undefined ? [] : [await parseWords(filter, paths)]),
  ]);
  if ((deviceIds === undefined) === (condition === undefined)) {
    throw new InvalidInputError('Give either deviceIds or a condition (where, filter), not both.', 'deviceIds');
  }
  const targets: Targets = condition
    ? { kind: 'where', condition, tags }
    : { kind: 'list', rows: parseDeviceIds(deviceIds ?? []).map((deviceId) => ({ deviceId, tags })), tags };
  return { targets, engine, dryRun: asked.dryRun || dryRun === true, undoable: asked.undoable && undoable, reason };
}

function badBody(error: z.core.$ZodError): InvalidInputError {
  const [issue] = error.issues;
  const isUnknown = issue?.code === 'unrecognized_keys';
  const fault = isUnknown ? `unknown ${issue.keys.join(', ')}` : describeFaults(error);
  return new InvalidInputError(
    `The body is { deviceIds: [...], where: {...} or filter: "...", tags: {...} or cells: {...}, engine?, dryRun?, undoable?, reason? }: ${fault}.`,
    isUnknown ? issue.keys[0] : issue?.path.join('.'),
  );
}

function readSharedTags(
  { tags: json, cells }: z.infer<typeof bodySchema>,
  asked: Asked,
  paths: ListedFields,
): TagsPatch {
  if ((json === undefined) === (cells === undefined)) {
    const both = json !== undefined;
    throw new InvalidInputError(both ? 'Give either tags or cells, not both.' : 'tags is missing, or cells.', 'tags');
  }
  if (json !== undefined) refuseTwinForm(json, asked.allow);
  const tags = cells ? tagsOfCells(cells, paths) : parseTagsPatch(json ?? null);
  refuseEmpty([{ tags }]);
  const size = charactersOf(tags);
  if (size <= maxChunkCharacters) return tags;
  throw new InvalidInputError(`The tags take ${size} characters; a job takes ${maxChunkCharacters}.`, 'tags');
}

function parseDeviceIds(deviceIds: readonly Json[]): string[] {
  const place = (at: number) => `deviceIds[${at}]`;
  const named = new NamedDevices(place);
  return deviceIds.map((text, index) => {
    try {
      const deviceId = parseDeviceId(typeof text === 'string' ? text : undefined);
      named.add(deviceId, index);
      return deviceId;
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      throw new InvalidInputError(`${place(index)}: ${error.message}`, place(index));
    }
  });
}

/** @throws InvalidInputError for a key that is none. */
export function parseIdempotencyKey(header: string | null): string | undefined {
  if (header === null) return undefined;
  if (/^[\x21-\x7e]{1,200}$/.test(header)) return header;
  throw new InvalidInputError(
    'Idempotency-Key has 1 to 200 printable ASCII characters without spaces.',
    'Idempotency-Key',
  );
}

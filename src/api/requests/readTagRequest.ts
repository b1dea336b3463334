import { createHash } from 'node:crypto';
import type { HttpRequest } from '@azure/functions';
import * as z from 'zod/mini';
import { allOf } from '../../conditions/condition';
import { conditionSchema, parseCondition } from '../../conditions/conditionJson';
import { parseWords } from '../../conditions/deviceFilter';
import type { ListedFields } from '../../conditions/twinQuery';
import { describeFaults } from '../../errors/describeFaults';
import { InvalidInputError } from '../../errors/invalidInputError';
import type { Json } from '../../json';
import { charactersOf, maxChunkCharacters } from '../../tagJobs/chunk';
import { type Engine, engines } from '../../tagJobs/tagJob';
import { NamedDevices, refuseEmpty } from '../../tagJobs/tagRow';
import type { TagRequest, Targets } from '../../tagJobs/targets';
import { parseDeviceId } from '../../twins/deviceId';
import { parseTagsPatch, type TagsPatch } from '../../twins/tags';
import { decodeText } from '../formats/decodeText';
import { parseCsv } from '../formats/parseCsv';
import { parseNdjson } from '../formats/parseNdjson';
import { parseJsonBytes, readBody } from '../http/readBody';

/** Longest body of a tag job. */
const maxBytes = 8 * 1024 * 1024;

const contentTypes = ['application/json', 'text/csv', 'application/x-ndjson'] as const;

const members = {
  deviceIds: z.optional(z.array(z.string()).check(z.minLength(1))),
  tags: z.record(z.string(), z.json()),
  engine: z.optional(z.enum(engines)),
  dryRun: z.optional(z.boolean()),
  /** A condition in words. */
  filter: z.optional(z.string()),
};

/** The JSON body of a tag job: devices by their ids, or by a condition. */
export const tagJobSchema = z.strictObject({ ...members, where: z.optional(conditionSchema) });

/** The same, whose condition is read by a parser that tells its faults better. */
const bodySchema = z.strictObject({ ...members, where: z.optional(z.json()) });

/**
 * Reads a request for tags on many devices.
 *
 * @throws InvalidInputError | ProblemError
 */
export async function readTagRequest(request: HttpRequest, paths: ListedFields): Promise<TagRequest> {
  const { type, bytes } = await readBody(request, contentTypes, maxBytes);
  const idempotencyKey = parseIdempotencyKey(request.headers.get('idempotency-key'));
  const asked = { engine: parseEngine(request.query.get('engine')), dryRun: parseDryRun(request.query.get('dryRun')) };
  const hash = createHash('sha256').update(`${type} ${asked.engine} `).update(bytes);
  const common = { idempotencyKey, fingerprint: hash.digest('base64url'), ignoredColumns: [] };
  if (type === 'application/json') return { ...common, ...(await parseBody(parseJsonBytes(bytes), asked, paths)) };
  const text = decodeText(bytes);
  const { rows, ignoredColumns } = (type === 'text/csv' ? parseCsv : parseNdjson)(text, paths);
  return { ...common, ...asked, targets: { kind: 'list', rows, tags: undefined }, ignoredColumns };
}

type Asked = Pick<TagRequest, 'engine' | 'dryRun'>;

async function parseBody(body: Json, asked: Asked, paths: ListedFields): Promise<Asked & Pick<TagRequest, 'targets'>> {
  const { success, data, error } = bodySchema.safeParse(body);
  if (!success) throw badBody(error);
  const { deviceIds, where, filter, engine = asked.engine, dryRun = asked.dryRun } = data;
  const tags = parseSharedTags(data.tags);
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
  return { targets, engine, dryRun };
}

function badBody(error: z.core.$ZodError): InvalidInputError {
  const [issue] = error.issues;
  const isUnknown = issue?.code === 'unrecognized_keys';
  const fault = isUnknown ? `unknown ${issue.keys.join(', ')}` : describeFaults(error);
  return new InvalidInputError(
    `The body is { deviceIds: [...], where: {...} or filter: "...", tags: {...}, engine?, dryRun? }: ${fault}.`,
    isUnknown ? issue.keys[0] : issue?.path.join('.'),
  );
}

function parseSharedTags(json: Json): TagsPatch {
  const tags = parseTagsPatch(json);
  refuseEmpty([{ tags }]);
  const size = charactersOf(tags);
  if (size <= maxChunkCharacters) return tags;
  throw new InvalidInputError(`The tags take ${size} characters; a job takes ${maxChunkCharacters}.`, 'tags');
}

function parseDeviceIds(deviceIds: readonly string[]): string[] {
  const place = (at: number) => `deviceIds[${at}]`;
  const named = new NamedDevices(place);
  return deviceIds.map((text, index) => {
    try {
      const deviceId = parseDeviceId(text);
      named.add(deviceId, index);
      return deviceId;
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      throw new InvalidInputError(`${place(index)}: ${error.message}`, place(index));
    }
  });
}

function parseEngine(text: string | null): Engine | undefined {
  const engine = engines.find((each) => each === text);
  if (engine || !text) return engine;
  throw new InvalidInputError(`engine is one of ${engines.join(', ')}.`, 'engine');
}

function parseDryRun(text: string | null): boolean {
  if (!text || text === 'false') return false;
  if (text === 'true') return true;
  throw new InvalidInputError('dryRun is true or false.', 'dryRun');
}

function parseIdempotencyKey(header: string | null): string | undefined {
  if (header === null) return undefined;
  if (/^[\x21-\x7e]{1,200}$/.test(header)) return header;
  throw new InvalidInputError(
    'Idempotency-Key has 1 to 200 printable ASCII characters without spaces.',
    'Idempotency-Key',
  );
}

import * as z from 'zod/mini';
import { InvalidInputError } from '../errors/invalidInputError';
import { anyJson, isJsonObject, type Json } from '../json';
import { alike, goesBy, toText as toName } from './alike';
import { comparedValue } from './comparedValue';
import { allOf, type Condition, type Scalar, toText } from './condition';
import { type PropertyPath, parsePropertyPath } from './propertyPath';
import { type ListedFields, maxQueryLength } from './twinQuery';

/** Conditions to begin with. */
const examples = '{"location":"Redmond43"}, {"path":"tags.floor","op":">=","value":2}';

/** How deep conditions may stand inside one another. */
export const maxConditionDepth = 16;

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const path = z.string();

/** The forms of a condition, each told by its members, over what stands for a condition inside another, and for a value in a list. */
function formsOf<Inner extends z.ZodMiniType, Each extends z.ZodMiniType>(inner: Inner, each: Each) {
  const inners = z.array(inner).check(z.minLength(1));
  return {
    short: z.strictObject({ location: z.optional(scalar), connectivity: z.optional(scalar) }),
    compare: z.strictObject({ path, op: z.enum(['=', '!=', '<', '<=', '>', '>=']), value: scalar }),
    in: z.strictObject({ path, op: z.literal('in'), value: z.array(each).check(z.minLength(1)) }),
    isDefined: z.strictObject({ path, op: z.literal('is_defined') }),
    startsWith: z.strictObject({ path, op: z.literal('startswith'), value: z.string() }),
    and: z.strictObject({ and: inners }),
    or: z.strictObject({ or: inners }),
    not: z.strictObject({ not: inner }),
  };
}

/** What is inside is checked on its own, so that its faults are told with their path, and one by one: zod spreads them. */
const forms = formsOf(anyJson, anyJson);
type FormName = keyof typeof forms;

/**
 * A condition as callers write it. `location` and `connectivity` stand for the configured paths; both together are an
 * AND, and each may stand as a path too. A device that lacks a path meets neither `=` nor `!=` nor `not` of them: say so
 * with `is_defined`. Times may be relative: `now-1d` (see {@link comparedValue}).
 */
export const conditionSchema: z.ZodMiniType<ConditionJson> = z.lazy(() => z.union(Object.values(documented)));

/** What {@link conditionSchema} describes. */
export type ConditionJson =
  | z.infer<(typeof forms)['short' | 'compare' | 'isDefined' | 'startsWith']>
  | { path: string; op: 'in'; value: Scalar[] }
  | { and: ConditionJson[] }
  | { or: ConditionJson[] }
  | { not: ConditionJson };

const documented = formsOf(conditionSchema, scalar);

/**
 * Reads a condition. It becomes data, never query text: paths are checked and values escaped when they are written.
 *
 * @param at where in the request the condition stands.
 * @param now what times such as `now-1d` are relative to.
 * @throws InvalidInputError that names the path of the first fault.
 */
export function parseCondition(json: Json, paths: ListedFields, at = 'where', now = new Date()): Condition {
  const condition = read(json, { paths, now }, at, 1);
  const { length } = toText(condition);
  if (length > maxQueryLength) {
    throw new InvalidInputError(`${at} takes ${length} characters in a query; a hub takes ${maxQueryLength}.`, at);
  }
  return condition;
}

/**
 * Reads a condition written as JSON text, as a query parameter holds it.
 *
 * @throws InvalidInputError
 */
export function parseConditionText(text: string, paths: ListedFields, at = 'where', now = new Date()): Condition {
  return parseCondition(parseJson(text, at), paths, at, now);
}

/** What the words of a condition stand for. */
interface Meanings {
  paths: ListedFields;
  now: Date;
}

function read(json: Json, meanings: Meanings, at: string, depth: number): Condition {
  if (depth > maxConditionDepth) fail(at, `is nested more than ${maxConditionDepth} conditions deep`);
  const inner = (each: Json, where: string) => read(each, meanings, where, depth + 1);
  switch (formOf(json, at)) {
    case 'short':
      return readShort(check(forms.short, json, at), meanings.paths, at);
    case 'compare': {
      const { path: name, op: operator, value } = check(forms.compare, json, at);
      const path = readPath(name, meanings, at);
      const compared = readValue(path, operator, value, meanings, `${at}.value`);
      if (isNamed(name) && operator === '=') return goesBy(path, String(compared));
      if (isNamed(name) && operator === '!=') return { kind: 'not', condition: goesBy(path, String(compared)) };
      return { kind: 'compare', path, operator, value: compared };
    }
    case 'in': {
      const { path: name, value } = check(forms.in, json, at);
      const path = readPath(name, meanings, at);
      const values = value.flatMap((each, index) => {
        const where = `${at}.value[${index}]`;
        const compared = readValue(path, '=', readScalar(each, where), meanings, where);
        return isNamed(name) ? alike(String(compared)) : [compared];
      });
      return { kind: 'in', path, values: nonEmpty(values, at) };
    }
    case 'isDefined':
      return { kind: 'isDefined', path: readPath(check(forms.isDefined, json, at).path, meanings, at) };
    case 'startsWith': {
      const { path, value: start } = check(forms.startsWith, json, at);
      return { kind: 'startsWith', path: readPath(path, meanings, at), start };
    }
    case 'not':
      return { kind: 'not', condition: inner(check(forms.not, json, at).not, `${at}.not`) };
    case 'and':
      return many('and', check(forms.and, json, at).and, at, inner);
    case 'or':
      return many('or', check(forms.or, json, at).or, at, inner);
  }
}

function formOf(json: Json, at: string): FormName {
  if (!isJsonObject(json)) {
    fail(at, `is not a condition: write ${examples}, {"and": […]} and the like`);
  }
  for (const name of ['and', 'or', 'not'] as const) if (Object.hasOwn(json, name)) return name;
  if (!Object.hasOwn(json, 'path') && !Object.hasOwn(json, 'op')) return 'short';
  if (json.op === 'in') return 'in';
  if (json.op === 'startswith') return 'startsWith';
  return json.op === 'is_defined' ? 'isDefined' : 'compare';
}

function check<T>(form: z.ZodMiniType<T> & { shape: object }, json: Json, at: string): T {
  const { success, data, error } = form.safeParse(json);
  if (success) return data;
  const [issue] = error.issues;
  const place = [
    at,
    ...(issue?.path ?? []).map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)),
  ];
  const where = place.join('');
  if (issue?.code === 'unrecognized_keys') {
    const [member = ''] = issue.keys;
    fail(`${where}.${member}`, 'location' in form.shape ? asCompared(member, json) : notTaken(form));
  }
  fail(where, expectations[String(issue?.path[0])] ?? 'is missing or not as documented');
}

function notTaken({ shape }: { shape: object }): string {
  return `is not a member of such a condition; it takes ${Object.keys(shape).join(', ')}`;
}

/** Of a condition whose only member is a path and its value: the form that says so. */
function asCompared(member: string, json: Json): string {
  const value = isJsonObject(json) && Object.hasOwn(json, member) ? json[member] : undefined;
  const example = scalar.safeParse(value).success ? value : 'X';
  const path = member.includes('.') ? member : 'tags.location.plant';
  return (
    'is not a member of such a condition; it takes location, connectivity; of another property write ' +
    JSON.stringify({ path, op: '=', value: example })
  );
}

const aScalar = 'must be a string, a number, true or false';
const aList = 'must be a list of at least one condition';
const expectations: Record<string, string> = {
  location: aScalar,
  connectivity: aScalar,
  path: 'must be a property path, as tags.location.plant, or location, or connectivity',
  op: 'must be one of =, !=, <, <=, >, >=, in, startswith, is_defined',
  value: `${aScalar}; with "in" a list of at least one of them, with "startswith" a string`,
  and: aList,
  or: aList,
};

function readShort(values: z.infer<typeof forms.short>, paths: ListedFields, at: string): Condition {
  const condition = allOf(
    (['location', 'connectivity'] as const).flatMap((name) => {
      const text = toName(values[name]);
      return text === undefined ? [] : [goesBy(paths[name], text)];
    }),
  );
  return condition ?? fail(at, 'is empty: a condition has at least one member');
}

function readScalar(json: Json, at: string): Scalar {
  const { success, data } = scalar.safeParse(json);
  return success ? data : fail(at, aScalar);
}

/** The configured paths go by their names here too, and their values by what they look like. */
function isNamed(path: string): path is 'location' | 'connectivity' {
  return path === 'location' || path === 'connectivity';
}

function readPath(text: string, { paths }: Meanings, at: string): PropertyPath {
  if (isNamed(text)) return paths[text];
  try {
    return parsePropertyPath(text);
  } catch (error) {
    if (error instanceof InvalidInputError) throw new InvalidInputError(error.message, `${at}.path`);
    throw error;
  }
}

function readValue(path: PropertyPath, operator: string, value: Scalar, { now }: Meanings, at: string): Scalar {
  const compared = comparedValue(path, operator, value, now);
  return 'fault' in compared ? fail(at, compared.fault) : compared.value;
}

function many(
  kind: 'and' | 'or',
  list: Json[],
  at: string,
  inner: (each: Json, where: string) => Condition,
): Condition {
  const conditions = list.map((each, index) => inner(each, `${at}.${kind}[${index}]`));
  return { kind, conditions: nonEmpty(conditions, at) };
}

function nonEmpty<T>([first, ...others]: readonly T[], at: string): readonly [T, ...T[]] {
  return first === undefined ? fail(at, 'holds an empty list') : [first, ...others];
}

function parseJson(text: string, at: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    fail(at, `is not well-formed JSON, URL-encoded: write ${examples} and the like`);
  }
}

function fail(path: string, fault: string): never {
  throw new InvalidInputError(`${path} ${fault}.`, path);
}

import * as z from 'zod/mini';
import type { Event, EventSchema } from './schemas';

const keyed = { key: z.string() };
const value = z.union([z.number(), z.string(), z.boolean()]);
const numbers = z.array(z.number());
const texts = z.array(z.string());
const ranges = z.array(z.tuple([z.number(), z.number()]));

/** The advanced filters (Azure Event Grid, "Event filtering"). */
const advancedFilter = z.discriminatedUnion('operatorType', [
  z.object({ ...keyed, operatorType: z.enum(['NumberIn', 'NumberNotIn']), values: numbers }),
  z.object({
    ...keyed,
    operatorType: z.enum([
      'NumberLessThan',
      'NumberLessThanOrEquals',
      'NumberGreaterThan',
      'NumberGreaterThanOrEquals',
    ]),
    value: z.number(),
  }),
  z.object({ ...keyed, operatorType: z.enum(['NumberInRange', 'NumberNotInRange']), values: ranges }),
  z.object({ ...keyed, operatorType: z.literal('BoolEquals'), value: z.boolean() }),
  z.object({
    ...keyed,
    operatorType: z.enum([
      'StringIn',
      'StringNotIn',
      'StringContains',
      'StringNotContains',
      'StringBeginsWith',
      'StringNotBeginsWith',
      'StringEndsWith',
      'StringNotEndsWith',
    ]),
    values: texts,
  }),
  z.object({ ...keyed, operatorType: z.literal('IsNullOrUndefined') }),
  z.object({ ...keyed, operatorType: z.literal('IsNotNull') }),
]);

/** Which events a subscription takes: those that pass all of it. Strings compare without case, but for the subject. */
export const filterSchema = z.object({
  includedEventTypes: z.optional(z.array(z.string())),
  subjectBeginsWith: z.optional(z.string()),
  subjectEndsWith: z.optional(z.string()),
  isSubjectCaseSensitive: z._default(z.boolean(), false),
  advancedFilters: z._default(z.array(advancedFilter).check(z.maxLength(25)), []),
  /** Whether a filter on a property that is a list looks at each of its values. */
  enableAdvancedFilteringOnArrays: z._default(z.boolean(), false),
});

export type Filter = z.infer<typeof filterSchema>;
type AdvancedFilter = z.infer<typeof advancedFilter>;
type Scalar = z.infer<typeof value>;

/** Whether an event passes a filter. */
export function passes(event: Event, filter: Filter, schema: EventSchema): boolean {
  const { includedEventTypes: types, advancedFilters } = filter;
  if (types && !types.some((each) => isSameText(each, String(event[schema.type])))) return false;
  return hasSubject(event, filter) && advancedFilters.every((each) => passesAdvanced(event, each, filter));
}

function hasSubject({ subject = '' }: Event, filter: Filter): boolean {
  const spell = (text: string) => (filter.isSubjectCaseSensitive ? text : text.toLowerCase());
  const spelled = spell(String(subject));
  return (
    spelled.startsWith(spell(filter.subjectBeginsWith ?? '')) && spelled.endsWith(spell(filter.subjectEndsWith ?? ''))
  );
}

function passesAdvanced(event: Event, filter: AdvancedFilter, { enableAdvancedFilteringOnArrays }: Filter): boolean {
  const found = valueAt(event, filter.key.split('.'));
  if (filter.operatorType === 'IsNullOrUndefined') return found === undefined || found === null;
  if (filter.operatorType === 'IsNotNull') return found !== undefined && found !== null;
  const values = Array.isArray(found) ? (enableAdvancedFilteringOnArrays ? found : []) : [found];
  // What is to be absent must be absent from each value; a property that is not there has nothing of it.
  const isNegative = /Not/.test(filter.operatorType);
  const meets = (each: unknown) => isScalar(each) && meetsOne(each, filter);
  return isNegative ? values.every((each) => !isScalar(each) || meets(each)) : values.some(meets);
}

function meetsOne(found: Scalar, filter: Exclude<AdvancedFilter, { operatorType: 'IsNullOrUndefined' | 'IsNotNull' }>) {
  switch (filter.operatorType) {
    case 'NumberIn':
      return filter.values.some((each) => each === found);
    case 'NumberNotIn':
      return !filter.values.some((each) => each === found);
    case 'NumberInRange':
      return filter.values.some(([least, most]) => isNumber(found) && found >= least && found <= most);
    case 'NumberNotInRange':
      return !filter.values.some(([least, most]) => isNumber(found) && found >= least && found <= most);
    case 'NumberLessThan':
      return isNumber(found) && found < filter.value;
    case 'NumberLessThanOrEquals':
      return isNumber(found) && found <= filter.value;
    case 'NumberGreaterThan':
      return isNumber(found) && found > filter.value;
    case 'NumberGreaterThanOrEquals':
      return isNumber(found) && found >= filter.value;
    case 'BoolEquals':
      return found === filter.value;
    default:
      return meetsText(found, filter.operatorType, filter.values);
  }
}

function meetsText(found: Scalar, operatorType: string, values: readonly string[]): boolean {
  if (typeof found !== 'string') return operatorType.startsWith('StringNot');
  const [, not = '', verb = ''] = /^String(Not)?(In|Contains|BeginsWith|EndsWith)$/.exec(operatorType) ?? [];
  const text = found.toLowerCase();
  const isMet = values.some((each) => {
    const wanted = each.toLowerCase();
    if (verb === 'In') return text === wanted;
    if (verb === 'Contains') return text.includes(wanted);
    return verb === 'BeginsWith' ? text.startsWith(wanted) : text.endsWith(wanted);
  });
  return not === 'Not' ? !isMet : isMet;
}

function valueAt(event: unknown, [name, ...rest]: string[]): unknown {
  if (name === undefined) return event;
  if (typeof event !== 'object' || event === null || !Object.hasOwn(event, name)) return undefined;
  return valueAt((event as Event)[name], rest);
}

function isScalar(found: unknown): found is Scalar {
  return ['string', 'number', 'boolean'].includes(typeof found);
}

function isNumber(found: Scalar): found is number {
  return typeof found === 'number';
}

function isSameText(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

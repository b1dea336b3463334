import { createHash } from 'node:crypto';

type Values = readonly unknown[];

const group = '/subscriptions/subscription/resourceGroups/group';

function providerPath(type: string, names: string[]): string {
  const [namespace, ...kinds] = type.split('/');
  return `providers/${namespace}/${kinds.map((kind, index) => `${kind}/${names[index]}`).join('/')}`;
}

const digest = (...values: Values) => createHash('sha256').update(JSON.stringify(values)).digest('hex');
const texts = (values: Values) => values.map(String);
const isEmpty = (value: unknown) => value === null || value === undefined || Object.keys(Object(value)).length === 0;

/** The functions of ARM templates that look at nothing but their arguments, as far as our templates use them. */
export const functions: Readonly<Record<string, (...values: unknown[]) => unknown>> = {
  add: (a, b) => Number(a) + Number(b),
  coalesce: (...values) => values.find((value) => value !== null && value !== undefined) ?? null,
  contains: (list, value) => (list as unknown[]).includes(value),
  createArray: (...values) => values,
  createObject: (...pairs) =>
    Object.fromEntries(pairs.flatMap((key, index) => (index % 2 ? [] : [[String(key), pairs[index + 1]]]))),
  deployment: () => ({ name: 'deployment' }),
  empty: isEmpty,
  environment: () => ({
    authentication: { loginEndpoint: 'https://login.microsoftonline.com/' },
    suffixes: { storage: 'core.windows.net' },
  }),
  equals: (a, b) => JSON.stringify(a) === JSON.stringify(b),
  flatten: (lists) => (lists as unknown[][]).flat(),
  format: (pattern, ...values) => String(pattern).replace(/\{(\d+)\}/g, (_, index) => String(values[Number(index)])),
  guid: (...values) => digest(...values).slice(0, 32),
  indexOf: (text, part) => String(text).toLowerCase().indexOf(String(part).toLowerCase()),
  length: (value) => (value as unknown[] | string).length,
  not: (value) => !value,
  null: () => null,
  or: (...values) => values.some(Boolean),
  resourceGroup: () => ({ id: group, name: 'group', location: 'westeurope' }),
  resourceId: (...values) => {
    const at = values.findIndex((value) => String(value).includes('/'));
    const [type = '', ...names] = texts(values.slice(at));
    return `${group}/${providerPath(type, names)}`;
  },
  split: (text, separator) => String(text).split(String(separator)),
  string: (value) => (typeof value === 'string' ? value : JSON.stringify(value)),
  subscription: () => ({ id: '/subscriptions/subscription', subscriptionId: 'subscription' }),
  subscriptionResourceId: (type, ...names) => `/subscriptions/subscription/${providerPath(String(type), texts(names))}`,
  substring: (text, start, length) =>
    String(text).slice(Number(start), length === undefined ? undefined : Number(start) + Number(length)),
  tenant: () => ({ tenantId: 'tenant' }),
  toLower: (text) => String(text).toLowerCase(),
  true: () => true,
  tryGet: (value, ...keys) => keys.reduce((of, key) => (Object(of) as Record<string, unknown>)[String(key)], value),
  union: (...values) =>
    Array.isArray(values[0]) ? [...new Set(values.flat())] : Object.assign({}, ...(values as object[])),
  uniqueString: (...values) => digest(...values).slice(0, 13),
};

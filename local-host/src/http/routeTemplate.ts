import { match } from 'path-to-regexp';

/** Answers the parameters of a path that fits, else undefined. */
export type RouteMatcher = (path: string) => Record<string, string> | undefined;

/** `{name}`, `{name:int}`, `{name?}`, `{name=default}`, `{*rest}`. */
const parameter = /\{(\*{0,2})([A-Za-z_]\w*)((?::\w+(?:\((?:[^()]|\([^()]*\))*\))?)*)(?:=([^{}?]*))?(\?)?\}/g;

/** Compiles a route template of ASP.NET Core, in which Functions routes are written; letters of either case match. */
export function compileRoute(template: string): RouteMatcher {
  const checks: ((value: string) => boolean)[] = [];
  const names: { name: string; fallback: string | undefined; constraints: typeof checks }[] = [];
  let pattern = '';
  let end = 0;
  const path = `/${template.replace(/^\//, '')}`;
  for (const found of path.matchAll(parameter)) {
    const [whole, catchAll, name = '', constraints = '', fallback, optional] = found;
    const literal = path.slice(end, found.index);
    end = found.index + whole.length;
    names.push({ name, fallback, constraints: parseConstraints(constraints) });
    const token = catchAll ? `*${name}` : `:${name}`;
    // What may be missing takes the slash in front of it along.
    pattern +=
      catchAll || optional || fallback !== undefined
        ? `${quoted(literal.replace(/\/$/, ''))}{${literal.endsWith('/') ? '/' : ''}${token}}`
        : quoted(literal) + token;
  }
  const matches = match<Record<string, string | string[]>>(pattern + quoted(path.slice(end)), { decode: false });
  return (requested) => {
    const found = matches(requested);
    if (!found) return undefined;
    const values = names.flatMap(({ name, fallback, constraints }) => {
      const raw = found.params[name];
      const value = raw === undefined ? fallback : [raw].flat().map(decode).join('/');
      return value === undefined ? [] : [{ name, value, fits: constraints.every((check) => check(value)) }];
    });
    if (!values.every(({ fits }) => fits)) return undefined;
    return Object.fromEntries(values.map(({ name, value }) => [name, value]));
  };
}

/** A slash that came encoded stays so, as Kestrel leaves it; a broken encoding stays as it is. */
function decode(text: string): string {
  const parts = text.split(/(%2f)/i);
  return parts.map((part, index) => (index % 2 === 1 ? part : decodeOrLeave(part))).join('');
}

function decodeOrLeave(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function quoted(literal: string): string {
  return literal.replace(/[{}()[\]+?!:*\\]/g, '\\$&');
}

const integer = /^[+-]?\d+$/;
const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const guid = /^\{?[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i;

/** Inline constraints of ASP.NET Core routes, by name; they take the arguments in their parentheses. */
const constraintKinds: Readonly<Record<string, (value: string, ...args: string[]) => boolean>> = {
  int: (value) => integer.test(value) && Math.abs(Number(value)) <= 2 ** 31,
  long: (value) => integer.test(value),
  bool: (value) => /^(true|false)$/i.test(value),
  datetime: (value) => !Number.isNaN(Date.parse(value)),
  decimal: (value) => number.test(value),
  double: (value) => number.test(value),
  float: (value) => number.test(value),
  guid: (value) => guid.test(value),
  alpha: (value) => /^[a-z]*$/i.test(value),
  required: (value) => value !== '',
  minlength: (value, least) => value.length >= Number(least),
  maxlength: (value, most) => value.length <= Number(most),
  length: (value, least, most = least) => value.length >= Number(least) && value.length <= Number(most),
  min: (value, least) => integer.test(value) && Number(value) >= Number(least),
  max: (value, most) => integer.test(value) && Number(value) <= Number(most),
  range: (value, least, most) => integer.test(value) && Number(value) >= Number(least) && Number(value) <= Number(most),
  regex: (value, ...pattern) => new RegExp(pattern.join(','), 'i').test(value),
};

function parseConstraints(text: string): ((value: string) => boolean)[] {
  return [...text.matchAll(/:(\w+)(?:\(((?:[^()]|\([^()]*\))*)\))?/g)].map(([, kind = '', args]) => {
    const check = constraintKinds[kind.toLowerCase()];
    if (!check) throw new Error(`The route constraint '${kind}' is not known.`);
    return (value) => check(value, ...(args?.split(',') ?? []));
  });
}

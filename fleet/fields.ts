/** A path of `--fields`, and the names that lead to its value in what the app answers. */
export interface Field {
  path: string;
  names: string[];
}

/** Splits `tags.floor,tags["a,b"].c` at its commas, but those in quotes. What is no path the app will say. */
export function splitFields(text: string | undefined): Field[] {
  const paths = text?.match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g) ?? [];
  return paths.map((each) => each.trim()).map((path) => ({ path, names: namesOf(path) }));
}

function namesOf(path: string): string[] {
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|[^.[]+/g)].map(([step, quoted]) =>
    quoted === undefined ? step : quoted.replace(/\\(.)/g, '$1'),
  );
}

/** The value that a device has at a field; undefined where it has none. */
export function valueIn(device: Readonly<Record<string, unknown>>, { names }: Field): unknown {
  return names.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? Object.entries(value).find(([each]) => each === name)?.[1]
        : undefined,
    device,
  );
}

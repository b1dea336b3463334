import type * as z from 'zod/mini';

/** Where a value differs from its schema: the paths, not the values. */
export function describeFaults({ issues }: z.core.$ZodError): string {
  const paths = issues.map(({ path }) => path.join('.') || '(root)');
  return `unexpected or missing ${[...new Set(paths)].join(', ')}`;
}

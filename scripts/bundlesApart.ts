import { basename } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * Where the code imports one of these modules when it is used, it finds the bundle of that name beside its own.
 *
 * @param apart what each bundle is made of: a file, or a package.
 */
export function bundlesApart(apart: Readonly<Record<string, string>>): Plugin {
  return {
    name: 'bundles-apart',
    setup({ onResolve }) {
      onResolve({ filter: /./ }, ({ path, kind }) => {
        const name = basename(path);
        const isApart = name in apart && (path.startsWith('.') || path === apart[name]);
        return kind === 'dynamic-import' && isApart ? { path: `./${name}.js`, external: true } : undefined;
      });
    },
  };
}

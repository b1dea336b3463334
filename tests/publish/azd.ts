/**
 * How azd reads `.funcignore` (Azure/azure-dev, `cli/azd/pkg/project/project_utils.go`, `service_target_functionapp.go` and
 * `cli/azd/pkg/rzip/rzip.go`; denormal/go-gitignore, `pattern.go`; danwakefield/fnmatch), as far as lists like ours go.
 */

interface Rule {
  lets: boolean;
  matches(path: string, isFolder: boolean): boolean;
}

/** Which files azd would publish: it looks into no folder that is left out. */
export function azdPublishes(list: string, files: readonly string[]): string[] {
  const rules = list.split('\n').filter(isRule).map(toRule);
  return files.filter((file) => {
    const names = file.split('/');
    return names.every((name, index) => {
      const isFolder = index < names.length - 1;
      const path = names.slice(0, index + 1).join('/');
      return !isNeverPublished(name, isFolder) && !isLeftOut(rules, path, isFolder);
    });
  });
}

/** Whether azd takes `remoteBuild: false` on a Flex plan, for a JavaScript or TypeScript app. */
export function azdTakesLocalBuild(list: string): boolean {
  return !isLeftOut(list.split('\n').filter(isRule).map(toRule), 'node_modules', true);
}

const isRule = (line: string) => line.trim() !== '' && !line.startsWith('#');

const isNeverPublished = (name: string, isFolder: boolean) =>
  isFolder ? name === '.azure' : ['.funcignore', 'local.settings.json'].includes(name);

/** The last rule that matches decides. */
function isLeftOut(rules: readonly Rule[], path: string, isFolder: boolean): boolean {
  return rules.findLast((rule) => rule.matches(path, isFolder))?.lets === false;
}

function toRule(line: string): Rule {
  const [, not, slash, pattern = '', endSlash] = /^(!?)(\/?)(.*?)(\/?)$/.exec(line.trim()) ?? [];
  const fits = toMatcher(pattern, slash !== '');
  return { lets: not !== '', matches: (path, isFolder) => (isFolder || !endSlash) && fits(path) };
}

function toMatcher(pattern: string, isAnchored: boolean): (path: string) => boolean {
  const parts = pattern.split('/');
  if (parts.length > 1 || pattern.includes('**')) return (path) => partsMatch(path.split('/'), parts);
  // A single name is looked for in every folder, but behind a slash its star goes over slashes.
  if (isAnchored) return (path) => glob(pattern, '.*').test(path);
  return (path) => glob(pattern).test(path.split('/').at(-1) ?? '');
}

function partsMatch([name, ...names]: string[], [part, ...parts]: string[]): boolean {
  if (part === undefined) return name === undefined;
  if (part === '**') {
    return (
      partsMatch(name === undefined ? [] : [name, ...names], parts) ||
      (name !== undefined && partsMatch(names, [part, ...parts]))
    );
  }
  return name !== undefined && glob(part).test(name) && partsMatch(names, parts);
}

/** Stars, and letters in brackets; what else fnmatch knows none of our lists has. */
function glob(pattern: string, star = '[^/]*'): RegExp {
  const pieces = pattern.split(/(\*|\[\w+\])/).map((piece) => {
    if (piece === '*') return star;
    return piece.startsWith('[') ? piece : piece.replace(/[^\w/]/g, '\\$&');
  });
  return new RegExp(`^${pieces.join('')}$`);
}

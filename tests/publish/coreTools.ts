/**
 * How Core Tools reads `.funcignore` (Azure/azure-functions-core-tools, `src/Cli/func/Common/GitIgnoreParser.cs` and
 * `FileSystemHelpers.cs`). It asks of files alone, whatever the list says of their folders; a rule that lets in wins
 * wherever it stands.
 */
export function coreToolsPublishes(list: string, files: readonly string[]): string[] {
  const lines = list
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const letsIn = toMatcher(lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1)));
  const leavesOut = toMatcher(lines.filter((line) => !line.startsWith('!')));
  return files.filter((file) => !isNeverPublished(file) && (letsIn(file) || !leavesOut(file)));
}

function isNeverPublished(file: string): boolean {
  const folders = file.toLowerCase().split('/');
  const name = folders.pop() ?? '';
  return (
    ['.funcignore', '.gitignore', 'local.settings.json', 'project.lock.json'].includes(name) ||
    folders.some((folder) => ['.git', '.vscode'].includes(folder))
  );
}

/** A pattern fits a path by its beginning, up to where a word begins or ends. Nothing in it is special but stars. */
function toMatcher(patterns: readonly string[]): (file: string) => boolean {
  const beginnings = patterns.map((pattern) => new RegExp(`^(?:${toExpression(pattern.replace(/^\//, ''))})\\b`));
  return (file) => beginnings.some((beginning) => beginning.test(file));
}

function toExpression(pattern: string): string {
  const pieces = pattern.split(/(\*\*|\*)/).map((piece) => {
    if (piece === '**') return '.+';
    return piece === '*' ? '[^/]+' : piece.replace(/[^\w]/g, '\\$&');
  });
  return pieces.join('');
}

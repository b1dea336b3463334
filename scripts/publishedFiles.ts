import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import ignore from 'ignore';

/** What Core Tools leaves out whatever `.funcignore` says. */
const neverPublished = ['.git', '.vscode', '.funcignore', '.gitignore', 'local.settings.json', 'project.lock.json'];

/**
 * The files of a folder that `func azure functionapp publish` sends: all but those that its `.funcignore` (in the
 * syntax of gitignore) or Core Tools itself leaves out.
 *
 * @returns Paths relative to the folder, with `/`, sorted.
 */
export async function publishedFiles(root: string): Promise<string[]> {
  const rules = ignore()
    .add(await readFile(join(root, '.funcignore'), 'utf8'))
    .add(neverPublished);
  const files: string[] = [];
  const visit = async (folder: string) => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const name = relative(root, path).split(sep).join('/');
      if (rules.ignores(entry.isDirectory() ? `${name}/` : name)) continue;
      if (entry.isDirectory()) await visit(path);
      else files.push(name);
    }
  };
  await visit(root);
  return files.sort();
}

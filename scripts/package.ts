import { readFile, writeFile } from 'node:fs/promises';
import { type Zippable, zipSync } from 'fflate';
import { publishedFiles } from './publishedFiles';
import { runScript } from './runScript';

const target = 'dist/app.zip';

/** The same content makes the same bytes: sorted names, one date, no attributes of this machine. */
runScript(async () => {
  const content: Zippable = {};
  for (const file of await publishedFiles('.')) content[file] = await readFile(file);
  const zip = zipSync(content, { level: 9, mtime: '1980-01-01T00:00:00', os: 3 });
  await writeFile(target, zip);
  console.log(`${target}: ${Object.keys(content).join(', ')}; ${zip.length} bytes`);
});

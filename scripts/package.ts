import { readFile, writeFile } from 'node:fs/promises';
import { type Zippable, zipSync } from 'fflate';
import { publishedFiles } from './publishedFiles';
import { runScript } from './runScript';
import { writeLine } from './writeLine';

const target = 'dist/app.zip';

/** As an entry made by Unix has it: the mode of a regular file, readable by all and written by its owner. */
const unix = { os: 3, attrs: 0o100644 << 16 };

/** The same content makes the same bytes: sorted names, one date, no attributes of this machine. */
runScript(async () => {
  const content: Zippable = {};
  for (const file of publishedFiles) content[file] = await readFile(file);
  const zip = zipSync(content, { level: 9, mtime: '1980-01-01T00:00:00', ...unix });
  await writeFile(target, zip);
  writeLine(process.stdout, `${target}: ${Object.keys(content).join(', ')}; ${zip.length} bytes`);
});

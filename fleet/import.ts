import { stat } from 'node:fs/promises';
import type { Separator } from '../src/api/formats/readCsv';
import { visible } from '../src/visible';
import { checkFile, countDevices } from './checkFile';
import { type Sheet, separatorOf } from './chunks';
import { type Command, type Context, hubHelp, hubOptions } from './command';
import { confirm, confirmHelp, confirmOptions } from './confirm';
import { FailedError, UsageError } from './errors';
import { describeHub, formatDuration, type HubSize, secondsToTag } from './expectedTime';
import { type Format, formatOf } from './format';
import { importChunks } from './importChunks';
import { type Asked, type ImportState, importStateOf, newImport, resumedImport } from './importState';
import { keepsJobs } from './keepsJobs';
import { spooled } from './spool';
import { write } from './terminal';
import { fromUtf16 } from './utf16';

const defaultDevices = 10_000;
const maxDevices = 100_000;
/** Of an app without tables: what an S1 hub takes within a request. */
const directDevices = 500;

/** Tags the devices of a file, chunk by chunk, each a tag job. */
export const importTags: Command = {
  summary: 'tags the devices of a file, CSV or NDJSON; resumes where it was cut',
  help: `npm run fleet -- import FILE [options]

FILE ends in .csv or .ndjson, as docs/tagging.md describes them; - is stdin. What export wrote can be imported as it is, or
after it was edited: location moves a device. What separates the cells of a CSV (, ; tab) follows from its header, unless
--separator or a first line sep=; says it. All of it is checked before the first device is tagged. Where it was cut, the
same command goes on. Faults, and devices that were not tagged, are told by their lines.

  --format csv|ndjson    where the file's name does not tell
  --separator SIGN       what stands between the cells of a CSV: comma, semicolon or tab
  --engine NAME          direct or queue; chosen by size unless told otherwise
  --chunk N              devices of a job; ${defaultDevices} unless told otherwise, ${maxDevices} at most
  --reason TEXT          why; kept with each change
  --no-undo              keeps nothing to take it back by: half the messages of the hub's day
  --dry-run              checks the file, says how it is read, and tags nothing
  --restart              begins anew
${confirmHelp}
${hubHelp}
`,
  options: {
    ...hubOptions,
    ...confirmOptions,
    format: { type: 'string' },
    engine: { type: 'string' },
    separator: { type: 'string' },
    chunk: { type: 'string' },
    reason: { type: 'string' },
    'no-undo': { type: 'boolean' },
    'dry-run': { type: 'boolean' },
    restart: { type: 'boolean' },
  },
  async run(given, context) {
    const file = given.only('file');
    const isStdin = file === '-';
    const format = formatOf(isStdin ? '' : file, given.text('format'));
    const wanted: Wanted = {
      hub: given.hubSize(),
      asked: {
        url: context.client.address,
        chunk: given.number('chunk', maxDevices),
        engine: given.text('engine'),
        separator: readSeparator(given.text('separator'), format),
      },
      undoable: given.flag('no-undo') ? 'false' : undefined,
      reason: given.text('reason'),
      dryRun: given.flag('dry-run'),
      restart: given.flag('restart'),
      yes: given.flag('yes'),
      canGoOn: true,
    };
    const stdin = isStdin ? context.stdin : await fromUtf16(file);
    if (!stdin) return importFile(file, format, wanted, context);
    const { signal } = context;
    await spooled({ stdin, signal }, format, (spool) =>
      importFile(spool, format, { ...wanted, canGoOn: false }, context),
    );
  },
};

/** How a file is to be imported. */
interface Wanted {
  hub: HubSize;
  asked: Asked;
  undoable: 'false' | undefined;
  reason: string | undefined;
  dryRun: boolean;
  restart: boolean;
  yes: boolean;
  canGoOn: boolean;
}

async function importFile(file: string, format: Format, wanted: Wanted, context: Context): Promise<void> {
  const { asked, undoable, reason, dryRun, canGoOn } = wanted;
  await stat(file);
  await refuseHalf(file);
  const kept = importStateOf(file);
  const before = dryRun || wanted.restart ? undefined : await resumedImport(file, kept, asked);
  const hasKeys = await keepsJobs(context);
  const sheet: Sheet = { file, format, separator: before?.separator ?? asked.separator };
  const state =
    before ??
    (await newImport(file, {
      ...asked,
      total: await countDevices(sheet, context),
      chunk: asked.chunk ?? (hasKeys ? defaultDevices : directDevices),
    }));
  tellWhatComes(state, wanted.hub, context);
  const { chunk, engine, total } = state;
  if (!before) await checkFile(sheet, { engine, chunk, total }, context);
  if (dryRun) return tellChecked(state, format === 'csv' ? await separatorOf(sheet) : undefined, context);
  if (!before && !wanted.yes) await confirm(total, context);
  await kept.write(state);
  const source = { ...sheet, kept, undoable, reason, canGoOn, hasKeys };
  const { succeeded, failed } = await importChunks(source, state, context);
  await kept.remove();
  if (context.json) await write(context.stdout, `${JSON.stringify({ total, succeeded, failed })}\n`);
  context.say(`${succeeded} of ${total} devices tagged.`);
  if (failed > 0) throw new FailedError(`Not tagged: ${failed}.`);
}

/** @throws FailedError for what an export has not written whole: the devices that it lacks would be missed silently. */
async function refuseHalf(file: string): Promise<void> {
  const rest = await stat(`${file}.resume`).catch(() => undefined);
  if (rest) throw new FailedError(`${file} is an export that was cut: finish it first, or remove ${file}.resume.`);
}

function tellWhatComes({ total, succeeded, failed, line }: ImportState, hub: HubSize, { say }: Context): void {
  const done = succeeded + failed;
  const since = done > 0 ? `Going on at line ${line}, after ${done} devices. ` : '';
  const left = total - done;
  say(`${since}${left} devices, ${formatDuration(secondsToTag(left, hub))} at the quota of ${describeHub(hub)}.`);
}

const separators = { comma: ',', semicolon: ';', tab: '\t' } as const;

/** @throws UsageError for another one, or where it says nothing. */
function readSeparator(name: string | undefined, format: Format): Separator | undefined {
  if (name === undefined) return undefined;
  const separator = Object.entries(separators).find((each) => (each as string[]).includes(name))?.[1];
  if (separator === undefined)
    throw new UsageError(`--separator is ${Object.keys(separators).join(', ')}, not '${visible(name)}'.`);
  if (format !== 'csv') throw new UsageError('--separator is of CSV.');
  return separator;
}

function tellChecked({ total }: ImportState, separator: Separator | undefined, { json, stdout }: Context) {
  const name = Object.entries(separators).find(([, sign]) => sign === separator)?.[0];
  const read = name ? ` Cells stand between ${name}s.` : '';
  const told = json
    ? JSON.stringify({ dryRun: true, devices: total, ...(separator ? { separator } : {}) })
    : `Nothing was done. ${total} devices can be tagged.${read}`;
  return write(stdout, `${told}\n`);
}

import { access, constants, open, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import * as z from 'zod/mini';
import type { Answer } from './client';
import { type Command, type Context, filterHelp, filterOptions, type Given, hubHelp, hubOptions } from './command';
import { FailedError, InterruptedError, UsageError } from './errors';
import { describeHub, formatDuration, secondsToList } from './expectedTime';
import { contentTypeOf, type Format, formatOf } from './format';
import { Progress } from './progress';
import { StateFile } from './stateFile';
import { writeAsItIs } from './terminal';

const pageSize = '100';

const stateSchema = z.object({
  /** What was asked for: a continuation fits nothing else. */
  asked: z.string(),
  continuation: z.string(),
  /** Length of the file with all pages so far. */
  bytes: z.int(),
  devices: z.int(),
  total: z.int(),
});

type State = z.infer<typeof stateSchema>;

const countSchema = z.object({ count: z.int() });

/** Writes all devices that meet a condition to a file, page by page. */
export const exportDevices: Command = {
  summary: 'writes devices to a file, CSV or NDJSON; resumes where it was cut',
  help: `npm run fleet -- export FILE [options]

FILE ends in .csv or .ndjson; - is stdout. Where it was cut, the same command goes on.
In CSV, texts that a spreadsheet would run (they begin with = + - @, tab or carriage return) stand as JSON strings, "=1+1",
and import reads them back; other programs that write CSV may not do so (docs/queries.md).

${filterHelp}
  --fields PATHS         further properties, separated by commas: tags.site.floor
  --format csv|ndjson    where the file's name does not tell
  --restart              begins anew; an existing file is overwritten
${hubHelp}
`,
  options: {
    ...filterOptions,
    ...hubOptions,
    fields: { type: 'string' },
    format: { type: 'string' },
    restart: { type: 'boolean' },
  },
  async run(given, context) {
    const file = given.only('file');
    const isStdout = file === '-';
    const format = formatOf(isStdout ? '' : file, given.text('format'));
    const query = { ...given.filter(), fields: given.text('fields') };
    const asked = JSON.stringify({ url: context.client.address, ...query, format });
    const hub = given.hubSize();
    const kept = isStdout ? undefined : new StateFile(`${file}.resume`, stateSchema);
    const begun = await beginning(file, kept, given, asked);
    // Before the hub is asked for anything.
    if (!isStdout) await access(begun ? file : dirname(resolve(file)), constants.W_OK);
    const total = begun?.total ?? (await countDevices(query, context));
    const left = total - (begun?.devices ?? 0);
    const since = begun ? `Going on after ${begun.devices} devices. ` : '';
    context.say(
      `${since}${left} devices, ${formatDuration(secondsToList(left, hub))} at the quota of ${describeHub(hub)}.`,
    );
    const pages = { query, format, total, asked };
    const sink = isStdout ? stdoutSink(context) : await fileSink(file, begun?.bytes ?? 0);
    try {
      const devices = await writePages(pages, begun, sink, kept, context);
      context.say(`${devices} devices written${isStdout ? '' : ` to ${file}`}.`);
    } finally {
      await sink.close();
    }
    await kept?.remove();
  },
};

async function beginning(
  file: string,
  kept: StateFile<State> | undefined,
  given: Given,
  asked: string,
): Promise<State | undefined> {
  if (!kept) return undefined;
  if (given.flag('restart')) {
    await kept.remove();
    return undefined;
  }
  const [state, length] = [await kept.read(), await lengthOf(file)];
  if (!state) {
    if (length === undefined) return undefined;
    throw new UsageError(`${file} exists; --restart overwrites it.`);
  }
  if (state.asked !== asked) {
    throw new UsageError(`${kept.path} is of an export that asked for something else; --restart begins anew.`);
  }
  if (length === undefined || length < state.bytes) {
    throw new FailedError(`${file} is shorter than ${kept.path} says; --restart begins anew.`);
  }
  return state;
}

interface Sink {
  write(text: string): Promise<void>;
  /** Bytes written, those before this run among them. */
  length(): number;
  close(): Promise<void>;
}

/** What came after the last whole page is cut off: it comes again. */
async function fileSink(file: string, from: number): Promise<Sink> {
  const handle = await open(file, from === 0 ? 'w' : 'r+');
  await handle.truncate(from);
  let length = from;
  return {
    async write(text) {
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, length);
        at += bytesWritten;
        length += bytesWritten;
      }
    },
    length: () => length,
    close: () => handle.close(),
  };
}

function stdoutSink({ stdout }: Context): Sink {
  return { write: (text) => writeAsItIs(stdout, text), length: () => 0, close: async () => {} };
}

interface Pages {
  query: Record<string, string | undefined>;
  format: Format;
  total: number;
  asked: string;
}

/** How many devices were written, those before this run among them. */
async function writePages(
  { query, format, total, asked }: Pages,
  begun: State | undefined,
  sink: Sink,
  kept: StateFile<State> | undefined,
  { client, signal, stderr }: Context,
): Promise<number> {
  const progress = new Progress(stderr, total, begun?.devices);
  let devices = begun?.devices ?? 0;
  let continuation = begun?.continuation;
  let isFirst = begun === undefined;
  try {
    do {
      progress.show(devices);
      const page = await client.send('api/devices', {
        query: { ...query, limit: pageSize, continuation },
        headers: { accept: contentTypeOf(format) },
      });
      const body = isFirst || format !== 'csv' ? page.text : withoutHeader(page.text);
      await sink.write(body);
      devices += recordsIn(page.text, format);
      continuation = nextOf(page);
      isFirst = false;
      if (continuation !== undefined) {
        await kept?.write({ asked, continuation, bytes: sink.length(), devices, total });
        signal.throwIfAborted();
      }
    } while (continuation !== undefined);
  } catch (error) {
    progress.clear();
    throw kept && !isFirst ? resumable(error, devices, signal) : error;
  }
  progress.clear();
  return devices;
}

function resumable(error: unknown, devices: number, signal: AbortSignal): unknown {
  const way = `${devices} devices are written; the same command goes on after them.`;
  if (signal.aborted) return new InterruptedError(`Interrupted. ${way}`);
  return error instanceof FailedError ? new FailedError(`${error.message}\n${way}`, { cause: error }) : error;
}

async function countDevices(query: Pages['query'], { client }: Context): Promise<number> {
  const { count } = await client.json(countSchema, 'api/devices', { query: { ...query, limit: '1', count: 'true' } });
  return count;
}

function nextOf({ headers }: Answer): string | undefined {
  const [, target] = headers.get('link')?.match(/<([^>]*)>;\s*rel="?next"?/) ?? [];
  if (target === undefined) return undefined;
  return new URL(target, 'http://localhost').searchParams.get('continuation') ?? undefined;
}

/** The header's names are paths: no line end is in it. */
function withoutHeader(text: string): string {
  return text.slice(text.indexOf('\n') + 1);
}

/** In CSV a line end within quotes ends no record. */
function recordsIn(text: string, format: Format): number {
  if (format === 'ndjson') return text.split('\n').length - 1;
  let [count, isQuoted] = [0, false];
  for (const character of text) {
    if (character === '"') isQuoted = !isQuoted;
    if (character === '\n' && !isQuoted) count++;
  }
  return Math.max(0, count - 1);
}

async function lengthOf(file: string): Promise<number | undefined> {
  const known = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return known?.size;
}

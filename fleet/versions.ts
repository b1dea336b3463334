import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod/mini';
import { type Command, type Context, filterHelp, filterOptions } from './command';
import { FailedError, UsageError } from './errors';
import { type Field, splitFields, valueIn } from './fields';

const pageSize = '100';

const answerSchema = z.object({
  devices: z.array(z.looseObject({ deviceId: z.string() })),
  continuation: z.optional(z.string()),
});

/** Writes the versions of devices as tags that a query can put in order, for import. */
export const versions: Command = {
  summary: 'writes versions as tags that can be compared, for import',
  help: `npm run fleet -- versions PATH TAG FILE.ndjson [options]

A query compares text, where 9.1.0 comes after 10.0.0. This writes for each device that has a version at PATH a tag that
stands in the order of versions, 00009.00001.00000; import gives them to the devices. Devices that have it are left out.

${filterHelp}
As in
  npm run fleet -- versions properties.reported.firmware tags.firmware firmware.ndjson
  npm run fleet -- import firmware.ndjson
  npm run fleet -- query --where 'tags.firmware < "00009.00001"'
`,
  options: filterOptions,
  async run(given, context) {
    const [path, tag, file, ...more] = given.positionals;
    if (path === undefined || tag === undefined || file === undefined || more.length > 0) {
      throw new UsageError('Give a path, a tag and a file.');
    }
    if (!file.endsWith('.ndjson')) throw new UsageError(`The file is NDJSON: ${file}.ndjson`);
    const fields = splitFields(`${path},${tag}`);
    const [from, to] = fields;
    if (!from || !to || fields.length > 2) throw new UsageError('Give one path and one tag.');
    if (to.names[0] !== 'tags' || to.names.length < 2) throw new UsageError(`'${tag}' is no tag: write tags.${tag}.`);
    const told = { written: 0, asTagged: 0, others: 0 };
    const lines = linesOf({ ...given.filter(), fields: `${path},${tag}` }, from, to, told, context);
    await pipeline(Readable.from(lines), createWriteStream(file, { flags: 'wx' })).catch((error) => {
      if (error.code === 'EEXIST') throw new FailedError(`${file} exists: choose another one, or remove it.`);
      throw error;
    });
    const { written, asTagged, others } = told;
    context.say(`${written} devices written to ${file}; ${asTagged} have the tag, ${others} no version there.`);
    if (written > 0) context.say(`To tag them: npm run fleet -- import ${file}`);
  },
};

/** A line for each device whose tag is not what its version makes it; counts them, and those without a line. */
async function* linesOf(
  query: Record<string, string | undefined>,
  from: Field,
  to: Field,
  told: { written: number; asTagged: number; others: number },
  { client, signal }: Context,
): AsyncGenerator<string> {
  let continuation: string | undefined;
  do {
    const page = await client.json(answerSchema, 'api/devices', { query: { ...query, limit: pageSize, continuation } });
    for (const device of page.devices) {
      const version = comparable(valueIn(device, from));
      if (version === undefined) told.others++;
      else if (version === valueIn(device, to)) told.asTagged++;
      else {
        told.written++;
        yield `${JSON.stringify({ deviceId: device.deviceId, ...nested(to.names, version) })}\n`;
      }
    }
    continuation = page.continuation;
    signal.throwIfAborted();
  } while (continuation !== undefined);
}

/** Numbers of five digits each, which stand in the order of their text; undefined for what has other parts than numbers. */
function comparable(version: unknown): string | undefined {
  if (typeof version !== 'string' || !/^v?\d{1,5}(\.\d{1,5})*$/i.test(version)) return undefined;
  return version
    .replace(/^v/i, '')
    .split('.')
    .map((number) => number.padStart(5, '0'))
    .join('.');
}

function nested(names: readonly string[], value: string): object {
  return names.reduceRight<object | string>((inner, name) => Object.fromEntries([[name, inner]]), value) as object;
}

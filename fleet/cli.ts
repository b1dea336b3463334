import { type Command, type Context, commonOptions, type Given, makeClient, readArguments } from './command';
import { FailedError, InterruptedError, UsageError } from './errors';
import { exportDevices } from './export';
import { describeFileError } from './fileErrors';
import { importTags } from './import';
import { job } from './job';
import { query } from './query';
import { summary } from './summary';
import { tag } from './tag';
import { obeyedByNone } from './terminal';

const commands: Readonly<Record<string, Command>> = {
  tag,
  query,
  summary,
  job,
  export: exportDevices,
  import: importTags,
};

const overview = `Tags and queries the devices of a fleet, by the HTTP API of this app.

  npm run fleet -- COMMAND …

${Object.entries(commands)
  .map(([name, each]) => `  ${name.padEnd(10)}${each.summary}`)
  .join('\n')}
`;

const common = `
Every command:
  --url URL              the app (FLEET_URL); http://localhost:7071
  --key KEY              its function key, better in FLEET_FUNCTION_KEY
  --json                 results as JSON, for scripts
  --help                 what a command takes
Exit codes: 0 done, 1 failed, 2 wrong usage.
`;

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);

/** The exit code. */
async function main([name, ...args]: string[]): Promise<number> {
  const { stdout, stderr } = process;
  try {
    if (name === undefined || name === '--help' || name === '-h') {
      (name === undefined ? stderr : stdout).write(overview + common);
      return name === undefined ? 2 : 0;
    }
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command) throw new UsageError(`There is no command '${name}'; there are ${Object.keys(commands).join(', ')}.`);
    const given = readArguments(args, { ...commonOptions, ...command.options });
    if (given.flag('help')) {
      stdout.write(command.help + common);
      return 0;
    }
    await command.run(given, contextOf(given));
    return 0;
  } catch (error) {
    // Who reads our output has had enough, as `head` does.
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return 1;
    if (error instanceof UsageError) {
      tell(`${error.message}\nnpm run fleet -- ${name && name in commands ? `${name} ` : ''}--help says more.\n`);
      return 2;
    }
    if (error instanceof FailedError || error instanceof InterruptedError) {
      tell(`${error.message}\n`);
      return 1;
    }
    if (error instanceof Error && error.name === 'AbortError') {
      tell('Interrupted.\n');
      return 1;
    }
    const fault = describeFileError(error);
    if (fault === undefined) throw error;
    tell(`${fault}\n`);
    return 1;
  }
}

function tell(lines: string): void {
  process.stderr.write(obeyedByNone(lines));
}

/** Ctrl-C is asked for once; a second one ends the process. */
function contextOf(given: Given): Context {
  const { stdin, stdout, stderr } = process;
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      // The terminal has written ^C into the line.
      if (signal === 'SIGINT' && stderr.isTTY) stderr.write('\n');
      stop.abort();
    });
  }
  // The write that met it tells.
  for (const stream of [stdout, stderr]) stream.on('error', () => {});
  const say = (line: string) => {
    stderr.write(stderr.isTTY ? '\r\x1b[2K' : '');
    tell(`${line}\n`);
  };
  return {
    stdin,
    stdout,
    stderr,
    say,
    signal: stop.signal,
    json: given.flag('json'),
    client: makeClient(given, stop.signal, say),
  };
}

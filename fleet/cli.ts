import { version } from '../package.json';
import { nearestName } from '../src/api/http/nearestName';
import { visible } from '../src/visible';
import { changes } from './changes';
import { type Command, type Context, commonOptions, type Given, makeClient, readArguments } from './command';
import { completionOf } from './completion';
import { FailedError, InterruptedError, UsageError } from './errors';
import { exportDevices } from './export';
import { describeFileError } from './fileErrors';
import { get } from './get';
import { history } from './history';
import { importTags } from './import';
import { job } from './job';
import { jobs } from './jobs';
import { locations } from './locations';
import { members } from './members';
import { query } from './query';
import { statistics } from './statistics';
import { summary } from './summary';
import { tag } from './tag';
import { obeyedByNone } from './terminal';
import { trends } from './trends';
import { undo } from './undo';
import { versions } from './versions';

const commands: Readonly<Record<string, Command>> = {
  tag,
  query,
  summary,
  get,
  history,
  changes,
  locations,
  members,
  statistics,
  trends,
  job,
  jobs,
  undo,
  export: exportDevices,
  import: importTags,
  versions,
  completion: completionOf(() => commands),
};

const overview = `Tags and queries the devices of a fleet, by the HTTP API of this app.

  npm run fleet -- COMMAND …
  npm run fleet -- help COMMAND

${Object.entries(commands)
  .map(([name, each]) => `  ${name.padEnd(12)}${each.summary}`)
  .join('\n')}
`;

const common = `
Every command:
  --url URL              the app (FLEET_URL); http://localhost:7071
  --key KEY              its function key, better in FLEET_FUNCTION_KEY
  --token TOKEN          where callers sign in: an access token, better in FLEET_TOKEN
  --json                 results as JSON, for scripts
  --help                 what a command takes; --version of the command line
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
async function main(given: string[]): Promise<number> {
  // `help tag` is `tag --help`.
  const [name, ...args] = given[0] === 'help' && given[1] !== undefined ? [given[1], '--help'] : given;
  const { stdout, stderr } = process;
  try {
    if (name === undefined || ['help', '--help', '-h'].includes(name)) {
      (name === undefined ? stderr : stdout).write(overview + common);
      return name === undefined ? 2 : 0;
    }
    if (name === '--version') {
      stdout.write(`${version}\n`);
      return 0;
    }
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command) throw new UsageError(unknownCommand(name));
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

function unknownCommand(name: string): string {
  const names = Object.keys(commands);
  const meant = nearestName(name, names);
  return `There is no command '${visible(name)}'${meant ? `: did you mean ${meant}?` : `; there are ${names.join(', ')}.`}`;
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

import { type ParseArgsConfig, parseArgs } from 'node:util';

/** A script as its users call it. */
export interface Usage {
  /** `npm start`, for one. */
  command: string;
  help: string;
}

/**
 * Reads the arguments of a script; asked for help, it tells and ends the process.
 *
 * @throws Error that says what is wrong with them, and how to be told more.
 */
export function readArguments<const T extends ParseArgsConfig>(
  { command, help }: Usage,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  const args = config.args ?? process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(help);
    process.exit(0);
  }
  const taken = Object.keys(config.options ?? {}).find((name) => takenByNpm(name) !== undefined);
  if (taken !== undefined) {
    throw new Error(`npm has taken --${taken} for its own; put -- before it: ${command} -- --${taken} …`);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    // What Node advises beyond the first sentence is about arguments that begin with a dash.
    const fault = error instanceof TypeError ? error.message.replace(/\.?( To specify .*)?$/s, '') : String(error);
    throw new Error(`${fault}. ${command} -- --help says more.`);
  }
}

/** An option that stood before the `--` is none of ours: npm hands it on in the environment. */
function takenByNpm(option: string): string | undefined {
  return process.env[`npm_config_${option.replaceAll('-', '_')}`];
}

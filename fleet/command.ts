import { type ParseArgsConfig, parseArgs } from 'node:util';
import { nearestName } from '../src/api/http/nearestName';
import { skus } from '../src/azure/hub/quotas';
import { Client } from './client';
import { UsageError } from './errors';
import { formatDuration, type HubSize } from './expectedTime';
import type { Terminal } from './terminal';

export type Options = NonNullable<ParseArgsConfig['options']>;

/** What a command works with. */
export interface Context extends Terminal {
  client: Client;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** Whether results are written for scripts. */
  json: boolean;
  /** Says something about the work, on stderr. */
  say(line: string): void;
}

/** A command of the command line. */
export interface Command {
  /** In the overview: one line. */
  summary: string;
  help: string;
  options: Options;
  /** @throws UsageError | FailedError | InterruptedError */
  run(given: Given, context: Context): Promise<void>;
}

/** What every command takes. */
export const commonOptions = {
  url: { type: 'string' },
  key: { type: 'string' },
  token: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} satisfies Options;

/** Which devices: the same for every command that asks for them. */
export const filterOptions = {
  location: { type: 'string' },
  connectivity: { type: 'string' },
  where: { type: 'string' },
} satisfies Options;

export const filterHelp = `  --location NAME        devices that are there
  --connectivity NAME    devices that are connected so
  --where CONDITION      devices that meet it: 'tags.floor >= 2 and not is_defined(tags.site)', 'lastActivityTime < now-1d',
                         or JSON (docs/queries.md)`;

/** What an option that takes JSON may be given. */
const jsonExamples = { where: '{"location":"Redmond43"}', tags: '{"location":{"plant":"Redmond43"}}' };

/** The edition of the hub, which expected times follow from. */
export const hubOptions = { sku: { type: 'string' }, units: { type: 'string' } } satisfies Options;

export const hubHelp = `  --sku S1, --units 1    the hub's edition and units, for the expected time`;

/** The arguments of a command, read. */
export class Given {
  constructor(
    private readonly values: Readonly<Record<string, unknown>>,
    readonly positionals: readonly string[],
  ) {}

  text(option: string): string | undefined {
    const value = this.values[option];
    if (value === '') throw new UsageError(`--${option} is empty.`);
    return typeof value === 'string' ? value : undefined;
  }

  /** The values of an option that may be given again. */
  list(option: string): readonly string[] {
    const values = this.values[option];
    return Array.isArray(values) ? values.map(String) : [];
  }

  flag(option: string): boolean {
    return this.values[option] === true;
  }

  number(option: string, most: number): number | undefined {
    const text = this.text(option);
    if (text === undefined) return undefined;
    const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (number >= 1 && number <= most) return number;
    throw new UsageError(`--${option} is a whole number from 1 to ${most}, not '${text}'.`);
  }

  /** A JSON object, as its text. */
  object(option: keyof typeof jsonExamples): Record<string, unknown> | undefined {
    const text = this.text(option);
    if (text === undefined) return undefined;
    const value = tryJson(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
    throw new UsageError(`--${option} is a JSON object, as in '${jsonExamples[option]}'; mind the shell's quotes.`);
  }

  /** The one argument of a command. */
  only(what: string): string {
    const [first, ...others] = this.positionals;
    if (first !== undefined && first !== '' && others.length === 0) return first;
    throw new UsageError(`Give one ${what}.`);
  }

  /** @throws UsageError where there are arguments besides the options. */
  none(): void {
    if (this.positionals.length > 0) throw new UsageError(`'${this.positionals[0]}' is one argument too many.`);
  }

  /** The query parameters that choose devices. */
  filter(): Record<'location' | 'connectivity' | 'where' | 'filter', string | undefined> {
    const condition = this.text('where');
    const isJson = condition?.trimStart().startsWith('{');
    if (isJson) this.object('where');
    return {
      location: this.text('location'),
      connectivity: this.text('connectivity'),
      where: isJson ? condition : undefined,
      filter: isJson ? undefined : condition,
    };
  }

  hubSize(): HubSize {
    const name = this.text('sku') ?? 'S1';
    const sku = skus.find((each) => each === name);
    if (!sku) throw new UsageError(`--sku is one of ${skus.join(', ')}.`);
    return { sku, units: this.number('units', 200) ?? 1 };
  }
}

/** Reads arguments; what no option is called is refused. */
export function readArguments(args: readonly string[], options: Options): Given {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    return new Given(values, positionals);
  } catch (error) {
    // What Node advises beyond the first sentence is about arguments that begin with a dash.
    if (error instanceof TypeError)
      throw new UsageError(`${error.message.replace(/\. To specify .*$/s, '.')}${meantBy(error, options)}`);
    throw error;
  }
}

function meantBy({ message }: TypeError, options: Options): string {
  const [, name = ''] = /^Unknown option '--([^']+)'/.exec(message) ?? [];
  const meant = nearestName(name, Object.keys(options));
  return meant === undefined ? '' : ` Did you mean --${meant}?`;
}

/** The client of a command. The key is taken from the environment where the shell's history should not have it. */
export function makeClient(given: Given, signal: AbortSignal, say: (line: string) => void): Client {
  return new Client({
    url: given.text('url') ?? process.env.FLEET_URL ?? 'http://localhost:7071',
    key: given.text('key') ?? (process.env.FLEET_FUNCTION_KEY || undefined),
    token: given.text('token') ?? (process.env.FLEET_TOKEN || undefined),
    signal,
    onWait: (reason, seconds) => {
      // Short waits are nobody's business.
      if (seconds >= 1) say(`${reason} Again in ${formatDuration(seconds)}.`);
    },
  });
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import type { LogLevel } from './core/rpc';
import { visible } from './visible';

/** Takes a line of the host, of the library or of an app. */
export type Log = (level: LogLevel, category: string, message: string) => void;

/** Levels below information are for those who debug a host. */
const debugging: ReadonlySet<LogLevel> = new Set(['trace', 'debug', 'none']);

/** Writes the lines of a turn of the event loop at once: a write to a pipe for each would cost more than most invocations. */
export function gathering(stream: NodeJS.WritableStream): (line: string) => void {
  let gathered = '';
  const flush = () => {
    if (gathered !== '') stream.write(gathered);
    gathered = '';
  };
  process.on('exit', flush);
  return (line) => {
    if (gathered === '') setImmediate(flush);
    gathered += `${line}\n`;
  };
}

/**
 * Writes to the console as Core Tools does: time, message; what went wrong to stderr. Where a message has more than one
 * line, the others are indented, so that none of them passes for a message.
 *
 * @param quiet leaves out what the host tells of its own work.
 * @param print writes lines to stdout.
 */
export function consoleLog({ quiet }: { quiet: boolean }, print: (line: string) => void): Log {
  return (level, category, message) => {
    const isNews = level === 'information' && category !== 'user';
    if (debugging.has(level) || (quiet && isNews)) return;
    const wrong = level === 'error' || level === 'critical';
    const [first = '', ...others] = message.split('\n').map(visible);
    const line = `[${new Date().toISOString()}] ${level === 'warning' ? 'warn: ' : wrong ? 'fail: ' : ''}${first}`;
    const lines = [line, ...others.map((other) => `  ${other}`)].join('\n');
    if (wrong) process.stderr.write(`${lines}\n`);
    else print(lines);
  };
}

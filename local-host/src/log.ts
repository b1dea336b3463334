import type { LogLevel } from './core/rpc';
import { visible } from './visible';

/** Takes a line of the host, of the library or of an app. */
export type Log = (level: LogLevel, category: string, message: string) => void;

/** Levels below information are for those who debug a host. */
const debugging: ReadonlySet<LogLevel> = new Set(['trace', 'debug', 'none']);

/**
 * Writes to the console as Core Tools does: time, message; what went wrong to stderr. Where a message has more than one
 * line, the others are indented, so that none of them passes for a message.
 *
 * @param quiet leaves out what the host tells of its own work.
 */
export function consoleLog({ quiet }: { quiet: boolean }): Log {
  return (level, category, message) => {
    const isNews = level === 'information' && category !== 'user';
    if (debugging.has(level) || (quiet && isNews)) return;
    const wrong = level === 'error' || level === 'critical';
    const [first = '', ...others] = message.split('\n').map(visible);
    const line = `[${new Date().toISOString()}] ${level === 'warning' ? 'warn: ' : wrong ? 'fail: ' : ''}${first}`;
    (wrong ? process.stderr : process.stdout).write([line, ...others.map((other) => `  ${other}`), ''].join('\n'));
  };
}

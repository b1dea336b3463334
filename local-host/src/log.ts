import type { LogLevel } from './core/rpc';

/** Takes a line of the host, of the library or of an app. */
export type Log = (level: LogLevel, category: string, message: string) => void;

/** Levels below information are for those who debug a host. */
const quiet: ReadonlySet<LogLevel> = new Set(['trace', 'debug', 'none']);

/** Writes to the console as Core Tools does: time, message; what went wrong to stderr. */
export const consoleLog: Log = (level, _category, message) => {
  if (quiet.has(level)) return;
  const wrong = level === 'error' || level === 'critical';
  const line = `[${new Date().toISOString()}] ${level === 'warning' ? 'warn: ' : wrong ? 'fail: ' : ''}${message}\n`;
  (wrong ? process.stderr : process.stdout).write(line);
};

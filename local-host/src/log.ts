import type { LogLevel } from './core/rpc';
import { visible } from './visible';

/** Takes a line of the host, of the library or of an app. */
export type Log = (level: LogLevel, category: string, message: string) => void;

/** Levels below information are for those who debug a host. */
const debugging: ReadonlySet<LogLevel> = new Set(['trace', 'debug', 'none']);

/** Where lines go. */
export interface Out {
  print(line: string): void;
  /** Has all go out that was printed. */
  flush(): void;
}

/**
 * Holds a stream's writes until the end of the turn of the event loop: one to a pipe for each line would cost more than most
 * invocations. What others write to the stream keeps its place.
 */
export function gathering(stream: NodeJS.WriteStream): Out {
  let isHeld = false;
  const flush = () => {
    if (isHeld) stream.uncork();
    isHeld = false;
  };
  process.on('exit', flush);
  return {
    flush,
    print(line) {
      if (!isHeld) {
        isHeld = true;
        stream.cork();
        setImmediate(flush);
      }
      stream.write(`${line}\n`);
    },
  };
}

/**
 * Writes to the console as Core Tools does: time, message; what went wrong to stderr. Where a message has more than one
 * line, the others are indented, so that none of them passes for a message.
 *
 * @param quiet leaves out what the host tells of its own work.
 * @param out stdout.
 */
export function consoleLog({ quiet }: { quiet: boolean }, out: Out): Log {
  return (level, category, message) => {
    const isNews = level === 'information' && category !== 'user';
    if (debugging.has(level) || (quiet && isNews)) return;
    const wrong = level === 'error' || level === 'critical';
    const [first = '', ...others] = message.split('\n').map(visible);
    const line = `[${new Date().toISOString()}] ${level === 'warning' ? 'warn: ' : wrong ? 'fail: ' : ''}${first}`;
    const lines = [line, ...others.map((other) => `  ${other}`)].join('\n');
    if (!wrong) return out.print(lines);
    // On a terminal it stands behind what was told before it.
    out.flush();
    process.stderr.write(`${lines}\n`);
  };
}

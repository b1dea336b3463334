import { format } from 'node:util';
import type { InvocationContext } from '@azure/functions';
import { visible } from '../visible';

/**
 * Has all that a function logs come out as one line a message, and visible: client ids and paths come from devices. Stack
 * traces keep their lines.
 */
export function logInLines(context: InvocationContext): void {
  for (const level of ['trace', 'debug', 'info', 'log', 'warn', 'error'] as const) {
    const write = context[level].bind(context);
    context[level] = (...args: unknown[]) => write('%s', inLine(format(...args)));
  }
}

function inLine(text: string): string {
  return text
    .split(/\n(?= {4}at )/)
    .map(visible)
    .join('\n');
}

import { createInterface } from 'node:readline/promises';
import type { Context, Options } from './command';
import { FailedError } from './errors';

/** More than so many devices are not tagged unasked, where somebody can be asked. */
const unaskedDevices = 100;

/** What every command takes that tags devices. */
export const confirmOptions = { yes: { type: 'boolean' } } satisfies Options;

export const confirmHelp = `  --yes                  does not ask before more than ${unaskedDevices} devices are tagged`;

/**
 * Asks before many devices are written.
 *
 * @param what is to be done to them: `Tag`, for one.
 * @throws FailedError where the person at the terminal does not agree.
 */
export async function confirm(devices: number, { stdin, stderr, signal }: Context, what = 'Tag'): Promise<void> {
  if (devices <= unaskedDevices || !isTerminal({ stdin, stderr })) return;
  const asked = createInterface({ input: stdin, output: stderr });
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      // While it reads the keys, Ctrl-C is one of them; Ctrl-D closes it.
      asked.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
      asked.once('close', () => resolve(''));
      asked.question(`${what} ${devices} devices? [y/N] `, { signal }).then(resolve, reject);
    });
    if (!/^y(es)?$/i.test(answer.trim())) throw new FailedError('Nothing was done.');
  } finally {
    asked.close();
  }
}

/** Whether somebody sits there who can be asked. */
export function isTerminal({ stdin, stderr }: Pick<Context, 'stdin' | 'stderr'>): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

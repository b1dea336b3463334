import { PassThrough } from 'node:stream';
import type { Context } from '../../fleet/command';
import { confirm } from '../../fleet/confirm';
import { Progress } from '../../fleet/progress';
import { formatTable } from '../../fleet/table';

/** A stream that is a terminal, or none, and keeps what is written. */
function stream(isTTY: boolean) {
  const pass = new PassThrough();
  const written: string[] = [];
  pass.on('data', (piece: Buffer) => written.push(piece.toString()));
  const terminal = Object.assign(pass, { isTTY, columns: 60 }) as unknown as NodeJS.WriteStream & NodeJS.ReadStream;
  return { terminal, text: () => written.join(''), answer: (line: string) => pass.write(line) };
}

describe('a table', () => {
  const id = 'd'.repeat(50);

  test('never cuts an id or a number: other columns give way, then go', () => {
    const row = [id, 'Redmond43', 'a long note that nobody needs', 123_456];
    const header = ['device', 'location', 'note', 'count'];
    expect(formatTable(header, [row], 80).split('\n')[1]).toBe(`${id}  Redmond43  a long n…  123456`);
    expect(formatTable(header, [row], 60)).toBe(`${'device'.padEnd(50)}   count …\n${id}  123456\n`);
  });

  test('has one line a row, whatever is in it', () => {
    expect(formatTable(['a', 'b'], [['x\ty', '\u001b[2Kz\n']], 80)).toBe('a     b\nx\\ty  \\u001b[2Kz\\n\n');
  });
});

describe('progress', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('is a line now and then where there is no terminal', () => {
    const { terminal, text } = stream(false);
    const progress = new Progress(terminal, 100);
    for (let second = 0; second <= 25; second++) {
      progress.show(second, 'running');
      progress.clear();
      jest.advanceTimersByTime(1000);
    }
    expect(text()).toBe('10 % 10 of 100, 1 min 30 s left | running\n20 % 20 of 100, 1 min 20 s left | running\n');
  });

  test('is a bar on a terminal', () => {
    const { terminal, text } = stream(true);
    const progress = new Progress(terminal, 100);
    progress.show(0);
    jest.advanceTimersByTime(1000);
    progress.show(50);
    expect(text()).toContain('\r\u001b[2K[############............] 50 % 50 of 100, 1 s left');
  });
});

describe('before many devices are tagged', () => {
  const contextOf = (isTTY: boolean) => {
    const [stdin, stderr] = [stream(isTTY), stream(isTTY)];
    const { signal } = new AbortController();
    const context = { stdin: stdin.terminal, stderr: stderr.terminal, signal } as unknown as Context;
    return { context, answer: stdin.answer, asked: stderr.text };
  };

  test.each([
    ['y\n', undefined],
    ['YES\n', undefined],
    ['\n', 'Nothing was done.'],
    ['n\n', 'Nothing was done.'],
  ])('a person at a terminal is asked; %j', async (line, fault) => {
    const { context, answer, asked } = contextOf(true);
    const agreed = confirm(101, context).catch((error: Error) => error.message);
    answer(line);
    expect(await agreed).toBe(fault);
    expect(asked()).toContain('Tag 101 devices? [y/N] ');
  });

  test('nobody is asked for a hundred, or where there is no terminal', async () => {
    for (const [devices, isTTY] of [
      [100, true],
      [100_000, false],
    ] as const) {
      const { context, asked } = contextOf(isTTY);
      await confirm(devices, context);
      expect(asked()).toBe('');
    }
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Row } from '../row';

/** What {@link file://./millionTwinsProcess.ts} prints. */
export interface Million {
  bytesPerTwin: number;
  indexed: Taken;
  first: Taken;
  count: Taken;
  scan: Taken;
}

/** How long a query takes, and the longest pause of the event loop meanwhile, in milliseconds. */
export interface Taken {
  ms: number;
  pauseMs: number;
}

/** A hub of a million twins in a process of its own: memory for each, and what queries take. */
export async function millionTwins(): Promise<Row[]> {
  const args = [
    '--expose-gc',
    '--max-old-space-size=8192',
    '--import',
    'tsx',
    join(__dirname, 'millionTwinsProcess.ts'),
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [output] = await Promise.all([child.stdout.toArray(), once(child, 'exit')]);
  const million: Million = JSON.parse(Buffer.concat(output).toString());
  const baseline = { what: 'a full scan', value: million.scan.ms };
  const aim = '≤ 20 ms';
  return [
    { what: '1,000,000 twins: memory of each', value: million.bytesPerTwin, unit: 'bytes', aim: '≤ 1024' },
    {
      what: '1,000,000 twins: an equality on a tag, a page',
      value: million.indexed.ms,
      baseline,
      note: `the first query of a path makes its index: ${Math.round(million.first.ms)} ms`,
    },
    { what: '1,000,000 twins: COUNT() of an equality', value: million.count.ms, baseline },
    { what: 'longest pause of the event loop while the index is made', value: million.first.pauseMs, aim },
    { what: 'longest pause of the event loop while all twins are scanned', value: million.scan.pauseMs, aim },
  ];
}

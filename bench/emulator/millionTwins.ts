import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Row } from '../row';

/** What {@link file://./millionTwinsProcess.ts} prints. */
export interface Million {
  bytesPerTwin: number;
  indexedMs: number;
  firstMs: number;
  countMs: number;
  scanMs: number;
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
  return [
    { what: '1,000,000 twins: memory of each', value: million.bytesPerTwin, unit: 'bytes', aim: '≤ 1024' },
    {
      what: '1,000,000 twins: an equality on a tag, a page',
      value: million.indexedMs,
      baseline: { what: 'a full scan', value: million.scanMs },
      note: `the first query of a path makes its index: ${Math.round(million.firstMs)} ms`,
    },
    {
      what: '1,000,000 twins: COUNT() of an equality',
      value: million.countMs,
      baseline: { what: 'a full scan', value: million.scanMs },
    },
  ];
}

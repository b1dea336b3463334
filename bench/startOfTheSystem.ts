import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { medians, timeToExit, timeToLine } from './processes';
import type { Row } from './row';

/** `npm start` after its build: hub and host up and said so, against the bare start of a Node process. */
export async function startOfTheSystem(): Promise<Row[]> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-'));
  const options = ['port', 'hub-port', 'mqtt-port', 'amqp-port', 'queue-port', 'table-port'];
  const ports = options.flatMap((option) => [`--${option}`, '0']);
  try {
    const times = await medians(5, {
      system: () => timeToLine(['--import', 'tsx', 'scripts/start.ts', ...ports, '--state-dir', dir], /^Try:/),
      node: () => timeToExit(['-e', '']),
    });
    return [
      {
        what: 'npm start to ready, without the build',
        value: times.system,
        baseline: { what: 'an empty Node process', value: times.node },
      },
    ];
  } finally {
    await rm(dir, { recursive: true });
  }
}

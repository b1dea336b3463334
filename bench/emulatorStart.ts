import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { medians, timeToLine } from './processes';
import type { Row } from './row';

const keptTwins = 100_000;

/** From the start of the emulator's process to its first answer, with and without its keys made before, against Azurite. */
export async function emulatorStart(): Promise<Row[]> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-'));
  let fresh = 0;
  const ports = ['--port', '0', '--mqtt-port', '0', '--amqp-port', '0'];
  const emulator = (stateDir: string, ...args: string[]) =>
    timeToLine(['emulator/dist/cli.js', ...ports, '--state-dir', stateDir, ...args], /^ready$/);
  const kept = ['--data', join(dir, 'data')];
  const azurite = [
    'node_modules/azurite/dist/src/azurite.js',
    ...['--blobPort', '0', '--queuePort', '0', '--tablePort', '0', '--inMemoryPersistence', '--disableTelemetry'],
  ];
  try {
    await emulator(join(dir, 'state0'), ...kept, '--simulate', String(keptTwins));
    const times = await medians(7, {
      first: () => emulator(join(dir, `state${fresh++}`)),
      later: () => emulator(join(dir, 'state0')),
      withTwins: () => emulator(join(dir, 'state0'), ...kept),
      azurite: () => timeToLine(azurite, /Table service is successfully listening/),
    });
    const baseline = { what: 'Azurite', value: times.azurite };
    return [
      { what: 'emulator, first start to ready', value: times.first, baseline },
      { what: 'emulator, later starts to ready', value: times.later, baseline, aim: '≤ 400 ms' },
      {
        what: `emulator with ${keptTwins} kept twins, start to ready`,
        value: times.withTwins,
        baseline,
        aim: '< 2,000 ms',
      },
    ];
  } finally {
    await rm(dir, { recursive: true });
  }
}

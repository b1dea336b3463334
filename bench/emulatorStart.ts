import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { medians, timeToLine } from './processes';
import type { Row } from './row';

/** From the start of the emulator's process to its first answer, with and without its keys made before, against Azurite. */
export async function emulatorStart(): Promise<Row[]> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-'));
  let fresh = 0;
  const emulator = (stateDir: string) =>
    timeToLine(
      ['emulator/dist/cli.js', '--port', '0', '--mqtt-port', '0', '--amqp-port', '0', '--state-dir', stateDir],
      /^ready$/,
    );
  const azurite = [
    'node_modules/azurite/dist/src/azurite.js',
    ...['--blobPort', '0', '--queuePort', '0', '--tablePort', '0', '--inMemoryPersistence', '--disableTelemetry'],
  ];
  try {
    const times = await medians(7, {
      first: () => emulator(join(dir, `state${fresh++}`)),
      later: () => emulator(join(dir, 'state0')),
      azurite: () => timeToLine(azurite, /Table service is successfully listening/),
    });
    const baseline = { what: 'Azurite', value: times.azurite };
    return [
      { what: 'emulator, first start to ready', value: times.first, baseline },
      { what: 'emulator, later starts to ready', value: times.later, baseline, aim: '≤ 400 ms' },
    ];
  } finally {
    await rm(dir, { recursive: true });
  }
}

import { runScript } from '../scripts/runScript';
import { emulatorStart } from './emulatorStart';
import { loadOfTheBundle } from './loadOfTheBundle';
import type { Row } from './row';
import { startOfTheSystem } from './startOfTheSystem';

runScript(async () => {
  const rows: Row[] = [];
  for (const benchmark of [loadOfTheBundle, emulatorStart, startOfTheSystem]) rows.push(...(await benchmark()));
  console.table(rows.map(toColumns));
});

function toColumns({ what, milliseconds, baseline, aim = '', note = '' }: Row) {
  return {
    what,
    ms: Math.round(milliseconds),
    baseline: baseline ? `${baseline.what}: ${Math.round(baseline.milliseconds)} ms` : '',
    ratio: baseline ? Number((milliseconds / baseline.milliseconds).toFixed(2)) : '',
    aim,
    note,
  };
}

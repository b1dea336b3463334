import { runScript } from '../scripts/runScript';
import { changes } from './changes';
import { emulatorStart } from './emulatorStart';
import { loadOfTheBundle } from './loadOfTheBundle';
import { membersAnswer } from './membersAnswer';
import type { Row } from './row';
import { startOfTheSystem } from './startOfTheSystem';

runScript(async () => {
  const rows: Row[] = [];
  for (const benchmark of [loadOfTheBundle, emulatorStart, startOfTheSystem, changes, membersAnswer])
    rows.push(...(await benchmark()));
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

import { runScript } from '../scripts/runScript';
import { changes } from './changes';
import { connections } from './emulator/connections';
import { millionTwins } from './emulator/millionTwins';
import { emulatorQueries } from './emulator/queries';
import { reports } from './emulator/reports';
import { emulatorRest } from './emulator/rest';
import { emulatorStart } from './emulatorStart';
import { loadOfTheBundle } from './loadOfTheBundle';
import { membersAnswer } from './membersAnswer';
import type { Row } from './row';
import { startOfTheSystem } from './startOfTheSystem';

const benchmarks = [
  loadOfTheBundle,
  emulatorStart,
  startOfTheSystem,
  changes,
  membersAnswer,
  emulatorRest,
  emulatorQueries,
  millionTwins,
  connections,
  reports,
];

runScript(async () => {
  const rows: Row[] = [];
  for (const benchmark of benchmarks) rows.push(...(await benchmark()));
  console.table(rows.map(toColumns));
});

function toColumns({ what, value, unit = 'ms', baseline, aim = '', note = '' }: Row) {
  return {
    what,
    value: `${figure(value)} ${unit}`,
    baseline: baseline ? `${baseline.what}: ${figure(baseline.value)} ${unit}` : '',
    ratio: baseline ? Number((value / baseline.value).toFixed(2)) : '',
    aim,
    note,
  };
}

function figure(value: number): string {
  return value < 10 ? value.toFixed(2) : String(Math.round(value));
}

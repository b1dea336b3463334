import { runScript } from '../scripts/runScript';
import { changes } from './changes';
import { connections } from './emulator/connections';
import { millionTwins } from './emulator/millionTwins';
import { emulatorQueries } from './emulator/queries';
import { reports } from './emulator/reports';
import { emulatorRest } from './emulator/rest';
import { emulatorStart } from './emulatorStart';
import { exportOfTheFleet } from './fleet/export';
import { filling } from './fleet/filling';
import { finding } from './fleet/finding';
import { tagging } from './fleet/tagging';
import { throttled } from './fleet/throttled';
import { warm } from './fleet/warm';
import { hostEndurance } from './hostEndurance';
import { loadOfTheBundle } from './loadOfTheBundle';
import { membersAnswer } from './membersAnswer';
import type { Row } from './row';
import { startOfTheSystem } from './startOfTheSystem';

/** By the names under which they are asked for: `npm run bench -- load changes`; all of them where none is named. */
const benchmarks: Readonly<Record<string, () => Promise<Row[]>>> = {
  load: loadOfTheBundle,
  emulator: emulatorStart,
  start: startOfTheSystem,
  changes,
  members: membersAnswer,
  endurance: hostEndurance,
  rest: emulatorRest,
  queries: emulatorQueries,
  million: millionTwins,
  connections,
  reports,
  tagging,
  filling,
  finding,
  throttled,
  warm,
  export: exportOfTheFleet,
};

runScript(async () => {
  const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(benchmarks);
  const chosen = names.map((name) => {
    const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
    if (!benchmark) throw new Error(`No benchmark '${name}': choose of ${Object.keys(benchmarks).join(', ')}.`);
    return benchmark;
  });
  const rows: Row[] = [];
  for (const benchmark of chosen) rows.push(...(await benchmark()));
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

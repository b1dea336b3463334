import { parseArgs } from 'node:util';
import { runScript } from '../scripts/runScript';
import { changes } from './changes';
import { costOfAChange } from './costOfAChange';
import { connections } from './emulator/connections';
import { durableUpdates } from './emulator/durable';
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
import type { Quartiles } from './inTurn';
import { loadOfTheBundle } from './loadOfTheBundle';
import { membersAnswer } from './membersAnswer';
import { buildOf } from './otherBuild';
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
  queries: emulatorQueries,
  million: millionTwins,
  tagging,
  filling,
  finding,
  throttled,
  warm,
  export: exportOfTheFleet,
};

/** Those that compare with another build too: `npm run bench -- rest --against COMMIT`. */
const comparing: Readonly<Record<string, (otherBuild?: string) => Promise<Row[]>>> = {
  rest: emulatorRest,
  connections,
  reports,
  change: costOfAChange,
  durable: durableUpdates,
};

runScript(async () => {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { against: { type: 'string' } } });
  const known = values.against === undefined ? { ...benchmarks, ...comparing } : comparing;
  const names = positionals.length > 0 ? positionals : Object.keys(known);
  const chosen = names.map((name) => {
    const benchmark = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!benchmark) throw new Error(`No benchmark '${name}': choose of ${Object.keys(known).join(', ')}.`);
    return benchmark;
  });
  const otherBuild = values.against === undefined ? undefined : buildOf(values.against);
  const rows: Row[] = [];
  for (const benchmark of chosen) rows.push(...(await benchmark(otherBuild)));
  console.table(rows.map(toColumns));
});

function toColumns({ what, value, unit = 'ms', baseline, ratio, atMost, aim = '', note = '' }: Row) {
  return {
    what,
    value: `${figure(value)} ${unit}`,
    baseline: baseline ? `${baseline.what}: ${figure(baseline.value)} ${unit}` : '',
    ratio: ratio ? describeRatio(ratio) : baseline ? (value / baseline.value).toFixed(2) : '',
    aim: ratio && atMost !== undefined ? `≤ ${atMost}: ${ratio.upper <= atMost ? 'met' : 'missed'}` : aim,
    note,
  };
}

function describeRatio({ lower, median, upper }: Quartiles): string {
  return `${median.toFixed(2)} (${lower.toFixed(2)}–${upper.toFixed(2)})`;
}

function figure(value: number): string {
  return value < 10 ? value.toFixed(2) : String(Math.round(value));
}

import { Client, type Twin } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { type LocalSystem, linesThat, startLocalSystem } from './localSystem';
import { rawHub } from './rawHub';
import type { Row } from './row';

const idleChanges = 200;
const burst = 3000;
const azureCeiling = 'an Azure topic takes 5,000 events/s';

/** What the host says of one change on its way. */
const hops = {
  relay: /Executing 'Functions\.relayTwinChanges'/,
  relayed: /Executed 'Functions\.relayTwinChanges' \(Succeeded/,
  reaction: /Executing 'Functions\.onTwinChange'/,
  done: /Executed 'Functions\.onTwinChange' \(Succeeded/,
};

/** A change's way through the chain: how long, idle and under load, and how many a second. */
export async function changes(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const hasTables of [true, false]) {
    const system = await startLocalSystem({ hasTables, devices: ['device'], simulated: 500 });
    const kept = hasTables ? 'kept in Azurite' : 'nothing kept';
    try {
      await changesUntilDone(system, 200); // warms up
      rows.push(...(await latency(system, kept)), await rate(system, kept, hasTables));
      if (hasTables) rows.push(await latencyUnderLoad(system));
    } finally {
      await system.stop();
    }
  }
  return rows;
}

async function latency(system: LocalSystem, kept: string): Promise<Row[]> {
  const taken = await reportOneByOne(system, idleChanges);
  const [started, ended] = [taken.map(({ reaction }) => reaction), taken.map(({ done }) => done)];
  const parts = [
    `to the relay ${ms(
      p(
        taken.map(({ relay }) => relay),
        50,
      ),
    )}`,
    `relay to topic ${ms(
      p(
        taken.map(({ relay, relayed }) => relayed - relay),
        50,
      ),
    )}`,
    `reaction ${ms(
      p(
        taken.map(({ reaction, done }) => done - reaction),
        50,
      ),
    )}`,
  ];
  const row = (what: string, times: number[], aim: string, note: string): Row => ({
    what: `idle, ${kept}: a device's report to ${what}, p99`,
    value: p(times, 99),
    baseline: { what: 'the same, p50', value: p(times, 50) },
    aim,
    note,
  });
  return [
    row("the reaction's start", started, '< 50 ms', parts.join(', ')),
    row('the reaction done', ended, kept.startsWith('kept') ? '< 150 ms' : '', ''),
  ];
}

async function latencyUnderLoad(system: LocalSystem): Promise<Row> {
  let isOver = false;
  const loading = (async () => {
    while (!isOver) await changesUntilDone(system, 50);
  })();
  const taken = await reportOneByOne(system, 50);
  isOver = true;
  await loading;
  const ended = taken.map(({ done }) => done);
  return {
    what: "under load, kept in Azurite: a device's report to its reaction, p99",
    value: p(ended, 99),
    baseline: { what: 'the same, p50', value: p(ended, 50) },
    note: 'beside bursts of 50 tags',
  };
}

async function rate(system: LocalSystem, kept: string, hasTables: boolean): Promise<Row> {
  const seconds = (await changesUntilDone(system, burst)) / 1000;
  return {
    what: `sustained, ${kept}: a change through the chain`,
    value: (seconds * 1000) / burst,
    aim: hasTables ? '500/s' : '3,000/s',
    note: `${Math.round(burst / seconds)} changes/s; ${azureCeiling}`,
  };
}

/** Tags simulated devices, and answers how long it took until the reaction to the last one was done, in ms. */
async function changesUntilDone({ hub, host }: LocalSystem, count: number): Promise<number> {
  const done = linesThat(hops.done, count, host);
  const raw = rawHub(hub);
  const start = performance.now();
  const queue = Array.from({ length: count }, (_, n) => n).values();
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      for (const n of queue) {
        const id = `sim-${String((n % 500) + 1).padStart(6, '0')}`;
        await raw.patchTwin(id, { tags: { level: Math.random() } });
      }
    }),
  );
  await done;
  raw.close();
  return performance.now() - start;
}

interface Taken {
  relay: number;
  relayed: number;
  reaction: number;
  done: number;
}

/** Reports by a device over MQTT, each when the reaction to the one before is done. */
async function reportOneByOne({ hub, host }: LocalSystem, count: number): Promise<Taken[]> {
  const client = Client.fromConnectionString(hub.deviceConnectionString('device'), Mqtt);
  await client.setOptions({ ca: hub.caCertificate });
  await client.open();
  const twin = (await client.getTwin()) as Twin;
  const taken: Taken[] = [];
  for (let n = 0; n < count; n++) {
    const start = performance.now();
    const times: Partial<Taken> = {};
    const finished = new Promise<void>((resolve) => {
      let invocation: string | undefined;
      let last: { id: string; at: number } | undefined;
      const listen = (line: string, at: number) => {
        if (hops.relay.test(line)) times.relay = at - start;
        if (hops.relayed.test(line)) times.relayed = at - start;
        const [, id] = /Id=([0-9a-f-]+)/.exec(line) ?? [];
        if (hops.reaction.test(line) && id) last = { id, at };
        if (/devices\/device changed: reported\./.test(line)) {
          invocation = last?.id;
          times.reaction = (last?.at ?? at) - start;
        }
        if (hops.done.test(line) && id === invocation && invocation) {
          times.done = at - start;
          host.off('line', listen);
          resolve();
        }
      };
      host.on('line', listen);
    });
    await new Promise<void>((resolve, reject) =>
      twin.properties.reported.update({ n: Math.random() }, (error: Error | null) =>
        error ? reject(error) : resolve(),
      ),
    );
    await finished;
    taken.push(times as Taken);
  }
  await client.close();
  return taken;
}

function p(values: number[], percentile: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percentile) / 100))] ?? Number.NaN;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

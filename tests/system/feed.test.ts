import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { tablesAt } from '../../src/azure/tables/tables';
import { ask, instanceOn, type Message, type Told } from '../app/feedSetup';
import { startTables, type TestStorage } from '../support/azurite';
import { isLong } from '../support/isLong';
import type { Batch } from './relayOwner';
import { bundled } from './system';

// The feed while instances are stopped in mid-batch for longer than their lease, and killed: this process is the Event
// Hub, and the one who grants leases and keeps checkpoints.

const partitionCount = isLong ? 4 : 2;
const perPartition = (isLong ? 10_000 : 400) / partitionCount;
const faults = isLong ? 24 : 3;
/** More than a transaction, so that a batch is stopped in its midst. */
const maxBatch = isLong ? 350 : 150;
const leaseMs = 150;
const clockOffsets = [-10 * 60_000, 0, 10 * 60_000];

let tables: TestStorage;
const processes = new Set<ChildProcess>();

beforeAll(async () => {
  tables = await startTables();
});
afterAll(async () => {
  for (const child of processes) child.kill('SIGKILL');
  await tables.stop();
});

/** An instance of the app. */
class Owner extends EventEmitter<{ done: [id: number]; gone: [] }> {
  readonly #child: ChildProcess;

  constructor(clockOffset: number) {
    super();
    this.setMaxListeners(0);
    this.#child = fork(bundled('tests/system/relayOwner.ts'), [tables.connectionString, String(clockOffset)]);
    processes.add(this.#child);
    this.#child.on('message', ({ id }: { id: number }) => this.emit('done', id));
    this.#child.on('exit', () => this.emit('gone'));
  }

  give(batch: Batch): void {
    if (this.#child.connected) this.#child.send(batch);
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    this.#child.kill(signal);
  }
}

/** A partition of the Event Hub: its messages, its checkpoint, and who owns it now. */
class Partition {
  checkpoint = 0;
  readonly #changed = new EventEmitter<{ changed: [] }>();
  #nextId = 0;

  constructor(
    readonly id: string,
    readonly messages: readonly Message[],
    public owner: Owner,
  ) {}

  takeOver(owner: Owner): void {
    this.owner = owner;
    this.#changed.emit('changed');
  }

  /** Hands batches to whoever owns it, from the checkpoint on, until all are relayed. */
  async run(): Promise<void> {
    while (this.checkpoint < this.messages.length) {
      const { owner, checkpoint } = this;
      const end = checkpoint + 1 + Math.floor(Math.random() * maxBatch);
      const id = Number(this.id) + partitionCount * this.#nextId++;
      const done = new Promise<void>((resolve) => {
        const hear = (doneId: number) => {
          if (doneId !== id) return;
          owner.off('done', hear);
          // Whenever it comes, also from one who has lost the lease, and also back: a checkpoint is written by no lease.
          this.checkpoint = Math.min(end, this.messages.length);
          resolve();
        };
        owner.on('done', hear);
      });
      owner.give({ id, partition: this.id, messages: this.messages.slice(checkpoint, end) });
      await Promise.race([done, once(this.#changed, 'changed')]);
    }
  }
}

function messagesOf(partition: number): Message[] {
  return Array.from({ length: perPartition }, (_, n) => ({
    sequenceNumber: 1000 + n,
    deviceId: `p${partition}-d${n % 50}`,
    // Some are no notifications: their numbers are gaps.
    version: n % 97 === 13 ? undefined : n + 1,
    second: n,
  }));
}

test(`a reader meets each of ${partitionCount * perPartition} changes once while instances are stopped, overtaken, continued and killed`, async () => {
  const owners = clockOffsets.map((offset) => new Owner(offset));
  const anyOwner = (but?: Owner): Owner => {
    const others = owners.filter((owner) => owner !== but);
    return others[Math.floor(Math.random() * others.length)] as Owner;
  };
  const partitions = Array.from(
    { length: partitionCount },
    (_, n) => new Partition(String(n), messagesOf(n), anyOwner()),
  );
  const progress = () => partitions.reduce((sum, { checkpoint }) => sum + checkpoint, 0);
  const total = partitionCount * perPartition;

  const told: Told[] = [];
  const app = instanceOn(tablesAt({ kind: 'key', connectionString: tables.connectionString }));
  let cursor: string | undefined;
  let isOver = false;
  const poll = async () => {
    const { status, body } = await ask(app, { limit: '1000', ...(cursor === undefined ? {} : { after: cursor }) });
    expect(status).toBe(200);
    const page = body as unknown as { changes: Told[]; next: string };
    told.push(...page.changes);
    cursor = page.next;
    return page.changes.length;
  };
  const reading = (async () => {
    // All the time, but the tables' one process has to serve the owners too.
    while (!isOver) await Promise.all([poll(), sleep(20)]);
  })();
  const relaying = Promise.all(partitions.map((partition) => partition.run()));
  let stopped = 0;

  for (let fault = 1; fault <= faults && progress() < total; fault++) {
    const deadline = Date.now() + 60_000;
    while (progress() < (total * fault) / (faults + 2) && Date.now() < deadline) await sleep(1);
    const victim = partitions[fault % partitionCount]?.owner as Owner;
    const isKilled = fault % 3 === 0;
    victim.signal(isKilled ? 'SIGKILL' : 'SIGSTOP');
    stopped++;
    await sleep(leaseMs);
    if (isKilled) owners.splice(owners.indexOf(victim), 1, new Owner(clockOffsets[fault % 3] ?? 0));
    for (const partition of partitions) if (partition.owner === victim) partition.takeOver(anyOwner(victim));
    await sleep(leaseMs / 3);
    if (!isKilled) victim.signal('SIGCONT');
  }
  await relaying;
  isOver = true;
  await reading;
  while ((await poll()) > 0);

  expect(stopped).toBe(faults);
  for (const { id, messages } of partitions) {
    const ofPartition = told.filter(({ deviceId }) => deviceId.startsWith(`p${id}-`));
    expect(ofPartition.map(({ version }) => version)).toEqual(messages.flatMap(({ version }) => version ?? []));
  }
  expect(told).toHaveLength(partitions.flatMap(({ messages }) => messages.filter(({ version }) => version)).length);
}, 300_000);

import { setTimeout as sleep } from 'node:timers/promises';
import { tablesAt } from '../../src/azure/tables/tables';
import { instanceOn, type Message, relay } from '../app/feedSetup';

/** A batch of a partition, which its owner is given. */
export interface Batch {
  id: number;
  partition: string;
  messages: Message[];
}

// An instance whose relay is handed batches by the process that started it; its clock is wrong by so many milliseconds.

const [, , connectionString = '', clockOffset = '0'] = process.argv;
const now = Date.now;
Date.now = () => now() + Number(clockOffset);

const services = instanceOn(tablesAt({ kind: 'key', connectionString }));

process.on('message', async ({ id, partition, messages }: Batch) => {
  for (;;) {
    try {
      await relay(services, messages, partition);
      process.send?.({ id });
      return;
    } catch {
      // As the retry policy has it: for ever.
      await sleep(100);
    }
  }
});
process.on('disconnect', () => process.exit());

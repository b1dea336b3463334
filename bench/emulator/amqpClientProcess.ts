import { Client, type Twin } from 'azure-iot-device';
import { Amqp } from 'azure-iot-device-amqp';

/** What a client process is asked to do, and what it answers: how many clients it has, how many reports were confirmed. */
export type AmqpTask =
  | { kind: 'connect'; connectionStrings: string[]; ca: string }
  | { kind: 'report'; durationMs: number; window: number }
  | { kind: 'end' };

const clients: Client[] = [];
const twins: Twin[] = [];

process.on('message', (task: AmqpTask) => {
  run(task).then(
    (answer) => process.send?.({ answer }, () => task.kind === 'end' && process.disconnect()),
    (error) => process.send?.({ error: String(error) }),
  );
});

async function run(task: AmqpTask): Promise<number> {
  switch (task.kind) {
    case 'connect':
      for (const connectionString of task.connectionStrings) await open(connectionString, task.ca);
      return clients.length;
    case 'report':
      return report(task);
    case 'end':
      for (const client of clients) await client.close();
      return 0;
  }
}

async function open(connectionString: string, ca: string): Promise<void> {
  const client = Client.fromConnectionString(connectionString, Amqp);
  clients.push(client);
  await client.setOptions({ ca });
  await client.open();
  twins.push(await client.getTwin());
}

/** Keeps `window` reports of each device under way for a time. */
async function report({ durationMs, window }: { durationMs: number; window: number }): Promise<number> {
  const end = performance.now() + durationMs;
  let count = 0;
  const overAndOver = async (twin: Twin) => {
    for (; performance.now() < end; ) await reportOnce(twin, ++count);
  };
  await Promise.all(twins.flatMap((twin) => Array.from({ length: window }, () => overAndOver(twin))));
  return count;
}

function reportOnce(twin: Twin, level: number): Promise<void> {
  return new Promise((resolve, reject) => {
    twin.properties.reported.update({ level }, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

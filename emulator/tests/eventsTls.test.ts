import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startEmulator } from './support/emulator';

const hub = { name: 'events-hub', partitionCount: 1, retentionHours: 1, consumerGroups: [] };

/** A process of its own: Node takes an extra CA at its start. */
const client = `
  const { EventHubProducerClient } = require('@azure/event-hubs');
  const producer = new EventHubProducerClient(process.env.EVENTS, 'events-hub', { retryOptions: { maxRetries: 0 } });
  producer.getPartitionIds()
    .then((ids) => producer.sendBatch([{ body: 'sent' }]).then(() => console.log(ids.join())))
    .finally(() => producer.close());
`;

test('AMQP over TLS serves the official client, which trusts the CA', async () => {
  const topology = { routes: [], eventHubs: { connectionSetting: 'EVENTS', hubs: [hub] } };
  const emulator = await startEmulator({ topology, amqpTls: true });
  try {
    const env = { ...process.env, ...emulator.hub.env };
    expect(env.EVENTS).not.toContain('UseDevelopmentEmulator');
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', client], { env, timeout: 20_000 });
    expect(stdout.trim()).toBe('0');
  } finally {
    await emulator.stop();
  }
});

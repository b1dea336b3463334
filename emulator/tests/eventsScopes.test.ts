import type { Connection } from 'rhea';
import { ask, open } from './support/amqpClient';
import { startEmulator, type TestEmulator } from './support/emulator';
import { parseConnectionString, signSas } from './support/sas';

const hubs = ['one', 'other'].map((name) => ({ name, partitionCount: 1, retentionHours: 1, consumerGroups: [] }));
let emulator: TestEmulator;
let connection: Connection;

beforeAll(async () => {
  emulator = await startEmulator({ topology: { routes: [], eventHubs: { connectionSetting: 'EventHubs', hubs } } });
});
afterAll(() => emulator.stop());
beforeEach(async () => {
  connection = await open(emulator.hub.ports.amqp);
});
afterEach(() => connection.close());

async function prove(resource: string): Promise<number> {
  const { SharedAccessKey = '', SharedAccessKeyName: policy = '' } = parseConnectionString(
    emulator.hub.env.EventHubs ?? '',
  );
  const body = signSas({ key: Buffer.from(SharedAccessKey).toString('base64'), policy, resource });
  const request = { message_id: 1, application_properties: { operation: 'put-token' }, body };
  const { message } = await ask(connection, '$cbs', request);
  return message?.application_properties?.['status-code'];
}

/** Whether a reader, a sender and a question about an Event Hub are let in. */
async function mayUse(name: string): Promise<boolean[]> {
  const reader = connection.open_receiver({ source: `${name}/ConsumerGroups/$Default/Partitions/0` });
  const sender = connection.open_sender(name);
  // Refused, they say so.
  for (const link of [reader, sender]) for (const end of ['receiver', 'sender']) link.on(`${end}_error`, () => {});
  const properties = { operation: 'READ', type: 'com.microsoft:eventhub', name };
  const { message } = await ask(connection, '$management', {
    message_id: 2,
    application_properties: properties,
    body: undefined,
  });
  // What was asked before has been answered before.
  const links = [reader, sender].map((link) => link.is_open() && !link.error);
  return [...links, message?.application_properties?.['status-code'] === 200];
}

test.each([
  'sb://localhost/one',
  'sb://localhost:5672/One/',
  'amqps://localhost/one/ConsumerGroups/$Default/Partitions/0',
  'sb%3A%2F%2Flocalhost%2Fone',
  'localhost/one',
])('a token for %s opens that Event Hub, and no other', async (resource) => {
  expect(await prove(resource)).toBe(202);
  expect(await mayUse('one')).toEqual([true, true, true]);
  expect(await mayUse('other')).toEqual([false, false, false]);
  // One for the other beside it opens that one too.
  expect(await prove('sb://localhost/other')).toBe(202);
  expect([await mayUse('one'), await mayUse('other')].flat()).not.toContain(false);
});

test.each(['sb://localhost', 'sb://localhost:5672/', 'localhost', 'sb%3a%2f%2flocalhost%2f'])(
  'a token for %s opens all of the namespace',
  async (resource) => {
    expect(await prove(resource)).toBe(202);
    expect([await mayUse('one'), await mayUse('other')].flat()).not.toContain(false);
  },
);

test.each([
  'sb://localhost/one%252Fother',
  'sb%253A%252F%252Flocalhost%252Fone',
  'sb://localhost//',
  'sb://localhost/nowhere',
])('a token for %s opens none', async (resource) => {
  await prove(resource);
  expect([await mayUse('one'), await mayUse('other')].flat()).not.toContain(true);
});

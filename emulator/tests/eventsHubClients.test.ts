import { once } from 'node:events';
import type { Connection } from 'rhea';
import { open } from './support/amqpClient';
import { startEmulator, type TestEmulator } from './support/emulator';
import { keyOf, signSas } from './support/sas';

/** Clients of the hub itself, at the door that is for Event Hubs alone. */
let emulator: TestEmulator;
let connection: Connection;

beforeAll(async () => {
  emulator = await startEmulator({ devices: ['d1'] });
});
beforeEach(async () => {
  connection = await open(emulator.hub.ports.amqp);
});
afterEach(() => connection.close());
afterAll(() => emulator.stop());

/** How the connection ends. */
async function ending() {
  const [{ error }] = await once(connection, 'connection_error');
  return { condition: error.condition, description: error.description };
}

const saysWhy = {
  condition: 'amqp:not-implemented',
  description: expect.stringMatching(
    /for Event Hubs\. Devices and services find theirs with TLS, at --amqps-port \(5671\)\.$/,
  ),
};

test.each([
  ['a device of the Node SDK', 'servicebus.windows.net:sastoken', () => deviceToken()],
  ['a service of the Node SDK', 'servicebus.windows.net:sastoken', () => serviceToken()],
  ['a service of the C# SDK', 'azure-devices.net:sastoken', () => serviceToken()],
])('the token of %s ends the connection at once, with the reason', async (_, type, token) => {
  const sender = connection.open_sender('$cbs');
  sender.send({
    message_id: '1',
    reply_to: 'cbs',
    application_properties: { operation: 'put-token', type },
    body: token(),
  });
  expect(await ending()).toEqual(saysWhy);
});

test.each([['/devices/d1/messages/events'], ['amqps://localhost:5671/devices/d1/twin'], ['/messages/devicebound']])(
  'the link of a client without a token to %s does as well',
  async (address) => {
    connection.open_sender(address);
    expect(await ending()).toEqual(saysWhy);
  },
);

test.each(['/devices/d1/messages/deviceBound', '/messages/serviceBound/feedback'])(
  'to receive from %s too',
  async (address) => {
    connection.open_receiver(address);
    expect(await ending()).toEqual(saysWhy);
  },
);

function deviceToken(): string {
  const resource = encodeURIComponent('localhost/devices/d1');
  return signSas({ key: keyOf(emulator.hub.deviceConnectionString('d1')), resource });
}

function serviceToken(): string {
  return signSas({ key: keyOf(emulator.hub.connectionString('service')), policy: 'service' });
}

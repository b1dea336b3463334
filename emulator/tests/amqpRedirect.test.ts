import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import type { IotHub } from 'iot-hub-emulator';
import rhea, { type Connection } from 'rhea';
import { ask } from './support/amqpClient';
import { startEmulator, type TestEmulator } from './support/emulator';
import { keyOf, signSas } from './support/sas';

let emulator: TestEmulator;
let hub: IotHub;
beforeAll(async () => {
  emulator = await startEmulator({
    devices: ['d1'],
    topology: { eventHubs: { hubs: [] }, routes: [], builtInEndpoint: { partitionCount: 1 } },
  });
  ({ hub } = emulator);
});
afterAll(() => emulator.stop());

/** As the Azure CLI dials: by SASL PLAIN, a token as the password. */
async function dial(policy: string): Promise<Connection> {
  const { amqps: port = 0 } = hub.ports;
  const password = signSas({ key: keyOf(hub.connectionString(policy)), policy });
  const connection = rhea.create_container().connect({
    username: `${policy}@sas.root.localhost`,
    password,
    host: 'localhost',
    reconnect: false,
    connection_details: () => ({
      host: 'localhost',
      port,
      connect: (_port: number, _host: string, _options: object, done: () => void) =>
        connectTls({ host: 'localhost', port, ca: hub.caCertificate }, done),
    }),
  } as never);
  connection.on('disconnected', () => {});
  await once(connection, 'connection_open');
  return connection;
}

test('az iot hub monitor-events is led from the hub to its built-in endpoint', async () => {
  const connection = await dial('service');
  const receiver = connection.open_receiver('amqps://localhost/messages/events/$management');
  await once(receiver, 'receiver_close');
  const { amqps } = hub.ports;
  expect(receiver.error).toMatchObject({
    condition: 'amqp:link:redirect',
    info: {
      hostname: `localhost:${amqps}`,
      'network-host': 'localhost',
      port: amqps,
      address: `amqps://localhost:${amqps}/iothub-ehub-localhost/$management`,
    },
  });
  // There it signs with the text of the key, as clients of Event Hubs do.
  const body = signSas({
    key: Buffer.from(keyOf(hub.connectionString('service'))).toString('base64'),
    policy: 'service',
  });
  const put = { message_id: 1, application_properties: { operation: 'put-token' }, body };
  expect((await ask(connection, '$cbs', put)).message?.application_properties).toMatchObject({ 'status-code': 202 });
  const read = { operation: 'READ', name: 'iothub-ehub-localhost', type: 'com.microsoft:eventhub' };
  const { message } = await ask(connection, '$management', { message_id: 2, application_properties: read, body: '' });
  expect(message?.body).toMatchObject({ partition_count: 1 });
  connection.close();
});

test('without ServiceConnect nobody is led there', async () => {
  const connection = await dial('device');
  const receiver = connection.open_receiver('messages/events');
  await once(receiver, 'receiver_close');
  expect(receiver.error).toMatchObject({ condition: 'amqp:unauthorized-access' });
  connection.close();
});

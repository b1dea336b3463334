import { join } from 'node:path';
import { startEmulator, type TestEmulator } from '../../emulator/tests/support/emulator';
import { tokenOf } from '../../emulator/tests/support/mqttPeer';
import { keyOf, signSas } from '../../emulator/tests/support/sas';
import { buildReal, describeReal } from './dotnet';
import { type ReadPartition, readReal } from './reading';
import { killReal, type RealProcess, startReal } from './realProcess';

const topology = {
  routes: [],
  eventHubs: { hubs: [] },
  builtInEndpoint: { partitionCount: 1, consumerGroups: ['relay'] },
};

describeReal('the AMQP library of .NET', () => {
  let emulator: TestEmulator;

  beforeAll(async () => {
    buildReal();
    emulator = await startEmulator({ devices: ['d1'], topology, cloudToDevice: { feedbackSeconds: 0 } });
  }, 120_000);
  afterEach(killReal);
  afterAll(() => emulator.stop());

  test('is a device and a service of the hub', async () => {
    const { hub, stateDir } = emulator;
    const serviceToken = signSas({ key: keyOf(hub.connectionString('service')), policy: 'service' });
    const real = startReal(['hub', `${hub.ports.amqps}`, 'd1', tokenOf(hub, 'd1'), serviceToken], {
      SSL_CERT_FILE: join(stateDir, 'ca.pem'),
    });
    const accepted = 'amqp:accepted:list';
    expect(await real.next()).toEqual({ events: [accepted, accepted] });
    expect(await real.next()).toEqual({ twin: 'PUT', status: 200, body: '' });
    expect(await real.next()).toEqual({ twin: 'PATCH', status: 200, body: '' });
    const body = '{"desired":{"$version":1},"reported":{"by":"Microsoft.Azure.Amqp","$version":2}}';
    expect(await real.next()).toEqual({ twin: 'GET', status: 200, body });

    expect(await real.next()).toEqual({ listening: 'desired' });
    await emulator.registry().updateTwin('d1', { properties: { desired: { rate: 5 } } }, '*');
    expect(await real.next()).toEqual({ desired: '{"rate":5,"$version":2}', isAnswer: false });

    expect(await real.next()).toEqual({ listening: 'methods' });
    const params = { methodName: 'reboot', payload: { in: 5 }, connectTimeoutInSeconds: 20 };
    const { result } = await emulator.serviceClient().invokeDeviceMethod('d1', params);
    expect(result).toEqual({ status: 207, payload: { done: true } });
    expect(await real.next()).toEqual({ called: 'reboot', body: '{"in":5}' });

    expect(await real.next()).toEqual({ sent: accepted });
    for (const [before, settled] of ['amqp:released:list', 'amqp:modified:list', accepted].entries()) {
      expect(await real.next()).toEqual({ given: 'do it', before, settled });
    }
    expect(await real.next()).toEqual({ sent: accepted });
    expect(await real.next()).toEqual({ given: 'do it', before: 0, settled: 'amqp:rejected:list' });
    expect(await feedbackOf(real, 2)).toEqual([
      [accepted, 'Success'],
      ['amqp:rejected:list', 'Rejected'],
    ]);
    expect(await real.next()).toEqual({ refused: 'amqp:unauthorized-access' });
    expect(await real.next()).toEqual({ refused: 'amqp:unauthorized-access' });
    const { amqps } = hub.ports;
    const redirected = `amqps://localhost:${amqps}/iothub-ehub-localhost/$management`;
    expect(await real.next()).toEqual({ redirected, port: amqps });
    expect(await real.end()).toEqual([]);
  }, 60_000);

  test('and the client of Event Hubs reads what the device sent, at the built-in endpoint', async () => {
    const [endpoint = '', eventHub = ''] = (emulator.hub.env.IOTHUB_EVENTS_CONNECTION_STRING ?? '').split(
      ';EntityPath=',
    );
    const [{ bodies, metadata } = {} as ReadPartition] = await readReal(endpoint, eventHub, 3);
    expect(bodies).toEqual(['single', 'first', 'second']);
    expect(metadata.propertiesArray).toBe('[{"level":"1"},{},{}]');
    expect(JSON.parse(metadata.systemPropertiesArray ?? '')[0]).toMatchObject({
      'iothub-connection-device-id': 'd1',
      'iothub-message-source': 'Telemetry',
      'content-type': 'text/plain',
    });
  });
});

/** What services heard of so many messages, by their ids. */
async function feedbackOf(real: RealProcess, count: number): Promise<string[][]> {
  const records: { originalMessageId: string; statusCode: string }[] = [];
  while (records.length < count) {
    const { feedback, contentType } = await real.next<{ feedback: string; contentType: string }>();
    expect(contentType).toBe('application/vnd.microsoft.iothub.feedback.json');
    records.push(...JSON.parse(feedback));
  }
  return records.map(({ originalMessageId, statusCode }) => [originalMessageId, statusCode]);
}

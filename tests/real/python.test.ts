import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startEmulator, type TestEmulator } from '../../emulator/tests/support/emulator';
import { tokenOf } from '../../emulator/tests/support/mqttPeer';
import { keyOf, signSas } from '../../emulator/tests/support/sas';
import { startWebhook, type Webhook } from '../../emulator/tests/support/webhook';

/** That of Debian, whose package python3-azure has the SDKs. */
const python = '/usr/bin/python3';
const canImport = spawnSync(python, ['-c', 'import azure.eventhub, azure.eventgrid, uamqp']).status === 0;
const suite = canImport || process.env.CI ? describe : describe.skip;

suite('the clients of Python', () => {
  let emulator: TestEmulator;
  let webhook: Webhook;
  beforeAll(async () => {
    webhook = await startWebhook();
    const hubs = ['sdk', 'raw'].map((name) => ({ name, partitionCount: 1, retentionHours: 1, consumerGroups: [] }));
    const topology = {
      routes: [],
      eventHubs: { connectionSetting: 'EVENT_HUBS', hubs },
      topic: {
        name: 'topic',
        endpointSetting: 'TOPIC_ENDPOINT',
        keySetting: 'TOPIC_KEY',
        subscriptions: [{ name: 'all', webhook: webhook.url, maxEventsPerBatch: 10 }],
      },
    };
    const cloudToDevice = { feedbackSeconds: 0 };
    emulator = await startEmulator({
      devices: ['d1'],
      topology,
      cloudToDevice,
      amqpTls: true,
      log: (line) => logged.push(line),
    });
  });
  afterAll(async () => {
    await emulator.stop();
    webhook.stop();
  });

  const logged: string[] = [];

  /** Runs a program; gives the JSON lines that it wrote. */
  async function run(program: string, settings: Record<string, string> = {}): Promise<Record<string, unknown>[]> {
    const ca = join(emulator.stateDir, 'ca.pem');
    const trust = { CA: ca, REQUESTS_CA_BUNDLE: ca };
    const env = { ...process.env, ...emulator.hub.env, ...trust, ...settings, PYTHONUNBUFFERED: '1' };
    const { stdout } = await promisify(execFile)(python, [join(__dirname, 'python', program)], {
      env,
      timeout: 100_000,
    });
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  describe('of Event Hubs', () => {
    let lines: Record<string, unknown>[];
    beforeAll(async () => {
      lines = await run('eventHubs.py');
    }, 120_000);

    const told = (what: string) => lines.filter((line) => line.what === what).map(({ what: _, ...seen }) => seen);

    test('read the properties of an Event Hub and of its partition, before and after six events', () => {
      const hub = { name: 'sdk', partitionIds: ['0'], year: new Date().getUTCFullYear() };
      expect(told('eventHub')).toEqual([hub, hub]);
      expect(told('partition')).toEqual([
        { id: '0', count: 0, isEmpty: true },
        { id: '0', count: 6, isEmpty: false },
      ]);
    });

    test('read what was sent, over both transports, from the start and on from a checkpoint', () => {
      const properties = {
        text: String.raw`b't\xc3\xa4xt'`,
        flag: 'True',
        int: '7',
        whole: '5.0',
        real: '0.1',
        uuid: "UUID('6ba7b810-9dad-11d1-80b4-00c04fd430c8')",
      };
      const bytes = String.raw`b'\x01\xff'`;
      expect(told('event')).toEqual(
        [0, 1, 2, 3, 4, 5].map((index) => ({
          body: { index },
          properties: { ...properties, bytes },
          contentType: 'application/json',
          correlationId: `correlation-${index}`,
          partitionKey: 'key',
          isOffsetSequenceNumber: true,
          afterIt: 5 - index,
        })),
      );
    });

    test('hear at once of what is not there', () => {
      expect(told('refused')).toEqual([{ error: 'ConnectionLostError' }]);
    });

    test('are uamqp alone too, with a password or a token', () => {
      expect(told('sent')).toEqual([{ states: ['SendComplete'] }]);
      expect(told('raw')).toEqual([{ body: 'raw', properties: { big: '9007199254740993', whole: '5.0' } }]);
    });

    test('see no error, and leave no line in the log', () => {
      expect(told('error')).toEqual([]);
      expect(logged).toEqual([]);
    });
  });

  test('of AMQP are a service and a device of the hub', async () => {
    const { hub } = emulator;
    const lines = await run('iotHub.py', {
      PORT: `${hub.ports.amqps}`,
      DEVICE_TOKEN: tokenOf(hub, 'd1'),
      SERVICE_TOKEN: signSas({ key: keyOf(hub.connectionString('service')), policy: 'service' }),
    });
    const sent = { what: 'sent', states: ['SendComplete'] };
    const given = (id: string, before: number) => {
      return { what: 'given', body: 'do it', id, before, own: { 'iothub-ack': 'full', a: 'b' } };
    };
    expect(lines).toEqual([
      { what: 'events', states: ['SendComplete'] },
      sent,
      given('kept', 0),
      given('kept', 1),
      given('kept', 2),
      sent,
      given('refused', 0),
      {
        what: 'feedback',
        outcomes: [
          ['kept', 'Success'],
          ['refused', 'Rejected'],
        ],
      },
      { what: 'redirected', to: `localhost:${hub.ports.amqps}` },
    ]);
  }, 60_000);

  test('of Event Grid publish CloudEvents with the key of the topic, and with no other', async () => {
    expect(await run('eventGrid.py')).toEqual([{ sent: 200, wrongKey: 401 }]);
    const { body } = await webhook.next();
    expect(body).toEqual(
      [0, 1].map((index) => ({
        id: `event-${index}`,
        source: 'python',
        type: 'DeviceTwins.TwinChanged',
        subject: `devices/d${index}`,
        specversion: '1.0',
        time: '2026-01-02T03:04:05.678901Z',
        data: { index, text: 'täxt' },
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      })),
    );
  });
});

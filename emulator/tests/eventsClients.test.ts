import { once } from 'node:events';
import type { Socket } from 'node:net';
import rhea, { type Connection, type Message, type Receiver, type Sender, type Typed } from 'rhea';
import {
  ask,
  countFields,
  fieldsOf,
  keepBytes,
  open,
  putToken,
  refusal,
  tokenOf,
  typedProperties,
} from './support/amqpClient';
import { startEmulator, type TestEmulator } from './support/emulator';
import { parseConnectionString } from './support/sas';

const hubs = ['hub', 'settled0', 'settled1'].map((name) => ({
  name,
  partitionCount: 1,
  retentionHours: 1,
  consumerGroups: ['relay'],
}));
const topology = { routes: [], eventHubs: { connectionSetting: 'EventHubs', hubs } };
const sourceOf = (hub: string) => `${hub}/ConsumerGroups/$Default/Partitions/0`;
const source = sourceOf('hub');

let emulator: TestEmulator;
let connectionString: string;
let connection: Connection;
const logged: string[] = [];
beforeAll(async () => {
  emulator = await startEmulator({ topology, log: (line) => logged.push(line) });
  connectionString = emulator.hub.env.EventHubs ?? '';
});
afterAll(() => emulator.stop());
beforeEach(async () => {
  connection = await open(emulator.hub.ports.amqp);
});
afterEach(() => connection.close());

/** What SDKs send to read the properties of the Event Hub. */
const read = (properties = {}): Message => ({
  message_id: 7,
  application_properties: { operation: 'READ', type: 'com.microsoft:eventhub', name: 'hub', ...properties },
  body: '',
});

const statusOf = async (node: string, request: Message) =>
  (await ask(connection, node, request)).message?.application_properties?.['status-code'];

describe('an answer', () => {
  test.each([
    ['$cbs', () => putToken(connectionString), 202],
    ['$cbs', () => ({ body: 'no token' }), 400],
    ['$management', () => read({ security_token: tokenOf(connectionString) }), 200],
  ])('of %s has a status of the type int', async (node, request, status) => {
    const session = keepBytes(connection.create_session());
    session.begin();
    const answers = session.open_receiver({ source: node });
    session.open_sender(node).send(request());
    const [{ message }] = await once(answers, 'message');
    const code = typedProperties(message)['status-code'];
    expect(code?.value).toBe(status);
    expect(code?.type.name).toMatch(/^(Small)?Int$/);
  });

  test.each<[string, Partial<Message>]>([
    ['names no link', {}],
    ['names one that is not there', { reply_to: 'cbs' }],
  ])('to a request that %s comes over the receiving link of its node and session', async (_, to) => {
    const others = [connection.open_receiver('$management'), connection.create_session()] as const;
    others[1].begin();
    const elsewhere = [others[0], others[1].open_receiver('$cbs')];
    await Promise.all(elsewhere.map((link) => once(link, 'receiver_open')));
    const wrong = Promise.race(elsewhere.map((link) => once(link, 'message'))).then(() => 'elsewhere');
    const answers = connection.open_receiver('$cbs');
    connection.open_sender('$cbs').send({ ...putToken(connectionString), ...to });
    const came = once(answers, 'message').then(([{ message }]) => message.correlation_id);
    expect(await Promise.race([came, wrong])).toBe(1);
  });

  test('with no link to go by is a refusal of the request', async () => {
    const sender = connection.open_sender('$cbs');
    sender.send(putToken(connectionString));
    const [{ delivery }] = await once(sender, 'rejected');
    expect(delivery.remote_state.error.condition).toBe('amqp:precondition-failed');
  });
});

describe('the properties of an Event Hub are told', () => {
  test('to a request that brings its own token, as those of .NET', async () => {
    expect(await statusOf('$management', read({ security_token: tokenOf(connectionString) }))).toBe(200);
  });

  test.each([
    ['no token', {}],
    ['a wrong token', { security_token: 'SharedAccessSignature sr=hub&sig=bm8%3D&se=9999999999&skn=x' }],
  ])('not to one with %s', async (_, properties) => {
    expect(await statusOf('$management', read(properties))).toBe(401);
  });

  test('whatever a request of an authorized connection calls its token, as those of Python', async () => {
    await ask(connection, '$cbs', putToken(connectionString));
    expect(await statusOf('$management', read({ security_token: 'sr=no-such' }))).toBe(200);
  });

  test('and the token of a request authorizes nothing but it', async () => {
    await statusOf('$management', read({ security_token: tokenOf(connectionString) }));
    expect(await refusal(connection.open_receiver(source))).toBe('amqp:unauthorized-access');
  });
});

test.each(['/hub/ConsumerGroups/relay/Partitions/0', 'amqps://localhost:5671/hub/ConsumerGroups/relay/Partitions/0'])(
  'a receiver finds its partition by %s',
  async (address) => {
    await ask(connection, '$cbs', putToken(connectionString));
    const receiver = connection.open_receiver(address);
    await once(receiver, 'receiver_open');
    expect(receiver.source.address).toBe(address);
  },
);

/** Types of the source and the target that the answer to the opening of a link has. */
const endsOf = (link: Receiver | Sender) =>
  fieldsOf(link, 'attach')
    .slice(5, 7)
    .map(({ type }) => type.name);

describe('a link', () => {
  beforeEach(() => ask(connection, '$cbs', putToken(connectionString)));

  test.each([
    [0, 0],
    [0, 1],
    [1, 0],
    [2, 1],
  ])('is opened with the modes of settlement that were asked for (%i, %i)', async (snd, rcv) => {
    const modes = { snd_settle_mode: snd as 0 | 1 | 2, rcv_settle_mode: rcv as 0 | 1 };
    const links = [connection.open_receiver({ source, ...modes }), connection.open_sender({ target: 'hub', ...modes })];
    await Promise.all([once(links[0] as Receiver, 'receiver_open'), once(links[1] as Sender, 'sender_open')]);
    expect(links.map((link) => [link.snd_settle_mode, link.rcv_settle_mode])).toEqual([
      [snd, rcv],
      [snd, rcv],
    ]);
  });

  test.each<[string, () => Receiver | Sender]>([
    ['receiver', () => connection.open_receiver('nowhere/ConsumerGroups/$Default/Partitions/0')],
    ['sender', () => connection.open_sender('nowhere')],
  ])('is refused without its ends, and without credit (%s)', async (role, openLink) => {
    const link = openLink();
    let credit = 0;
    link.on('sender_flow', ({ sender }) => {
      credit += sender?.credit ?? 0;
    });
    const [, condition] = await Promise.all([once(link, `${role}_open`), refusal(link)]);
    expect(endsOf(link)).toEqual(['Null', 'Null']);
    expect(condition).toBe('amqp:not-found');
    expect(credit).toBe(0);
  });

  test('is refused without its ends by the owner of the partition', async () => {
    const owner = connection.open_receiver({ source, properties: { 'com.microsoft:epoch': 2 } });
    await once(owner, 'receiver_open');
    const lower = connection.open_receiver({ source, properties: { 'com.microsoft:epoch': 1 } });
    expect(await refusal(lower)).toBe('amqp:link:stolen');
    expect(endsOf(lower)).toEqual(['Null', 'Null']);
  });

  test.each([
    ['unsettled', 0, false],
    ['settled', 1, true],
    ['settled where it leaves the choice', 2, true],
  ] as const)('gets events %s, as it asks', async (_, mode, expected) => {
    const sender = connection.open_sender({ target: 'hub' });
    await once(sender, 'sendable');
    sender.send({ body: 1 });
    const receiver = connection.open_receiver({ source, snd_settle_mode: mode });
    const [{ delivery }] = await once(receiver, 'message');
    expect(delivery.remote_settled).toBe(expected);
  });

  test.each([0, 1] as const)(
    'whose second settles too (rcv-settle-mode %i) takes more than may be unsettled',
    async (rcv) => {
      const sender = connection.open_sender({ target: `settled${rcv}`, rcv_settle_mode: rcv });
      const modes = { snd_settle_mode: 0, rcv_settle_mode: rcv } as const;
      const receiver = connection.open_receiver({ source: sourceOf(`settled${rcv}`), ...modes });
      const count = 3000;
      let [sent, accepted, received] = [0, 0, 0];
      const all = new Promise<void>((resolve) => {
        const advance = () => {
          while (sent < count && sender.sendable()) {
            sender.send({ body: sent });
            sent++;
          }
          if (accepted >= count && received >= count) resolve();
        };
        sender.on('sendable', advance);
        sender.on('accepted', ({ delivery }) => {
          accepted++;
          if (rcv === 1) expect(delivery?.remote_settled).toBe(true);
          advance();
        });
        receiver.on('message', () => {
          received++;
          advance();
        });
      });
      await all;
      expect([accepted, received]).toEqual([count, count]);
    },
  );
});

describe('frames have every field of the specification', () => {
  const named = (fields: Typed[], index: number) => fields[index]?.type.name;

  test('the opening of a connection', () => {
    const fields = fieldsOf(connection, 'open');
    expect(fields).toHaveLength(10);
    expect([2, 3].map((index) => named(fields, index))).toEqual(['Uint', 'Ushort']);
  });

  test('that of a session, with the highest handle', async () => {
    const session = connection.create_session();
    session.begin();
    await once(session, 'session_open');
    const fields = fieldsOf(session, 'begin');
    expect(fields).toHaveLength(8);
    expect(named(fields, 4)).toBe('Uint');
  });

  test.each<[string, () => Receiver | Sender]>([
    ['receiver', () => connection.open_receiver('$cbs')],
    ['sender', () => connection.open_sender('$cbs')],
    ['receiver', () => connection.open_receiver('nowhere')],
  ])('that of a link, refused or not, with properties (%s)', async (role, openLink) => {
    const link = openLink();
    link.on(`${role}_close`, () => {});
    await once(link, `${role}_open`);
    const fields = fieldsOf(link, 'attach');
    expect(fields).toHaveLength(14);
    expect(named(fields, 13)).toBe('Map32');
  });

  test('those of what goes on, and of each end', async () => {
    const counts = countFields(connection);
    await ask(connection, '$cbs', putToken(connectionString));
    await refusal(connection.open_receiver('nowhere'));
    const session = connection.create_session();
    session.begin();
    await once(session, 'session_open');
    session.close();
    await once(session, 'session_close');
    connection.close();
    await once(connection, 'connection_close');
    expect(Object.fromEntries(counts)).toEqual({
      flow: new Set([11]),
      transfer: new Set([11]),
      disposition: new Set([6]),
      detach: new Set([3]),
      end: new Set([1]),
      close: new Set([1]),
    });
  });

  test('errors too', async () => {
    const receiver = connection.open_receiver('nowhere');
    await refusal(receiver);
    expect((receiver.error as unknown as { value: Typed[] }).value).toHaveLength(3);
  });
});

describe('an answer to a request', () => {
  test('comes after the request was settled: uamqp crashes where it does not', async () => {
    const order: string[] = [];
    const answers = connection.open_receiver('$cbs');
    const sender = connection.open_sender('$cbs');
    sender.on('accepted', () => order.push('accepted'));
    answers.on('message', () => order.push('answer'));
    sender.send(putToken(connectionString));
    await once(answers, 'message');
    expect(order).toEqual(['accepted', 'answer']);
  });
});

describe('SASL PLAIN', () => {
  const plain = (username: string, password: string) => {
    const { amqp: port } = emulator.hub.ports;
    const client = rhea.create_container().connect({ port, username, password, reconnect: false });
    return client.on('disconnected', () => {});
  };

  test('with the policy and its key authorizes a connection', async () => {
    const { SharedAccessKeyName: policy = '', SharedAccessKey: key = '' } = parseConnectionString(connectionString);
    const proved = plain(policy, key);
    const receiver = proved.open_receiver(source);
    await once(receiver, 'receiver_open');
    expect(receiver.source.address).toBe(source);
    proved.close();
  });

  test.each([
    ['another key', 'RootManageSharedAccessKey', 'wrong'],
    ['another policy', 'nobody', 'key'],
  ])('with %s ends in a refusal', async (_, policy, key) => {
    const refused = plain(policy, key);
    const [{ error }] = await once(refused, 'connection_error');
    expect(error.condition).toBe('amqp:unauthorized-access');
  });

  test('is not what an anonymous client means that bears the name of the policy', async () => {
    const named = await open(emulator.hub.ports.amqp, 'RootManageSharedAccessKey');
    expect(await refusal(named.open_receiver(source))).toBe('amqp:unauthorized-access');
    named.close();
  });
});

test('a link that ends after its session leaves the connection as it is, and no line in the log', async () => {
  await ask(connection, '$cbs', putToken(connectionString));
  const session = connection.create_session();
  session.begin();
  const link = session.open_receiver(source);
  await once(link, 'receiver_open');
  session.close();
  await once(session, 'session_close');
  const { output } = session as unknown as { output(frame: unknown): void };
  output.call(session, (link as unknown as { local: { detach: unknown } }).local.detach);
  expect(await statusOf('$management', read())).toBe(200);
  expect(logged.filter((line) => line.includes('AMQP'))).toEqual([]);
});

test('a client that goes without a word leaves no line in the log', async () => {
  const { socket } = connection as unknown as { socket: Socket };
  socket.resetAndDestroy();
  connection = await open(emulator.hub.ports.amqp);
  expect(await statusOf('$management', read())).toBe(401);
  expect(logged).toEqual([]);
});

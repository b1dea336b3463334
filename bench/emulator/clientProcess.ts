import { type MqttAddress, MqttClient } from './mqttClient';

/** What a client process is asked to do, and what it answers. */
export type Task =
  | { kind: 'connect'; addresses: MqttAddress[]; atOnce: number }
  | { kind: 'disconnect' }
  /** Each reports its twin and waits for the hub's answer, over and over. */
  | { kind: 'report'; durationMs: number; window: number }
  /** Each sends QoS 1 messages to a subscriber of its own, and waits until they have come, over and over. */
  | { kind: 'relay'; durationMs: number; window: number }
  | { kind: 'end' };

const clients: MqttClient[] = [];

process.on('message', (task: Task) => {
  if (task.kind === 'end') return end();
  run(task).then(
    (answer) => process.send?.({ answer }),
    (error) => process.send?.({ error: String(error) }),
  );
});

function end(): void {
  for (const client of clients) client.end();
  process.disconnect();
}

async function run(task: Exclude<Task, { kind: 'end' }>): Promise<number> {
  switch (task.kind) {
    case 'connect':
      return connectAll(task.addresses, task.atOnce);
    case 'disconnect':
      for (const client of clients.splice(0)) client.end();
      return 0;
    case 'report':
      return overAndOver(task, subscribeToAnswers, report);
    case 'relay':
      return overAndOver(task, subscribeToOwn, publish);
  }
}

async function connectAll(addresses: MqttAddress[], atOnce: number): Promise<number> {
  const left = [...addresses];
  const worker = async () => {
    for (let next = left.pop(); next; next = left.pop()) clients.push(await MqttClient.connect(next));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return clients.length;
}

/** Keeps `window` messages of each client under way for a time; answers how many came back. */
async function overAndOver(
  { durationMs, window }: { durationMs: number; window: number },
  prepare: (client: MqttClient, index: number) => Promise<void>,
  send: (client: MqttClient, index: number, number: number) => void,
): Promise<number> {
  await Promise.all(clients.map(prepare));
  const end = performance.now() + durationMs;
  let count = 0;
  await Promise.all(
    clients.map(
      (client, index) =>
        new Promise<void>((resolve, reject) => {
          client.onClose = () => reject(new Error('The server closed a connection.'));
          let underWay = 0;
          const next = () => {
            underWay++;
            send(client, index, ++count);
          };
          client.onPacket = (packet) => {
            if (packet.cmd !== 'publish') return;
            if (packet.qos === 1) client.send({ cmd: 'puback', messageId: packet.messageId ?? 0 });
            underWay--;
            if (performance.now() < end) next();
            else if (underWay === 0) resolve();
          };
          for (let each = 0; each < window; each++) next();
        }),
    ),
  );
  return count;
}

const answers = '$iothub/twin/res/#';
const subscribeToAnswers = (client: MqttClient) => client.subscribe(answers, 0);
const ownTopic = (index: number) => `bench/${process.pid}/${index}`;
const subscribeToOwn = (client: MqttClient, index: number) => client.subscribe(ownTopic(index), 1);

function report(client: MqttClient, _index: number, number: number): void {
  const topic = `$iothub/twin/PATCH/properties/reported/?$rid=${number}`;
  const payload = JSON.stringify({ level: number });
  client.send({ cmd: 'publish', topic, payload, qos: 0, retain: false, dup: false });
}

function publish(client: MqttClient, index: number, number: number): void {
  const payload = JSON.stringify({ level: number });
  const messageId = (number % 65_535) + 1;
  client.send({ cmd: 'publish', topic: ownTopic(index), payload, qos: 1, messageId, retain: false, dup: false });
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../scripts/freePort';
import { compared } from '../compared';
import type { Contender } from '../inTurn';
import type { Row } from '../row';
import { AmqpClients, Clients } from './clients';
import { amqpConnectionString, registerDevices } from './deviceFleet';
import type { MqttAddress } from './mqttClient';
import { type EmulatorProcess, startEmulatorProcess } from './process';

const devices = 50;
const window = 10;
const sliceMs = 800;

/** An emulator, and devices that report to it over both protocols. */
interface Reporting {
  emulator: EmulatorProcess;
  mqtt: Contender;
  amqp: Contender;
  stop(): Promise<void>;
}

/**
 * What a report of a device costs the emulator's process: over MQTT against Mosquitto, which relays QoS 1 messages of the same
 * clients, over AMQP against MQTT, and both against another build.
 *
 * @param otherBuild its folder.
 */
export async function reports(otherBuild?: string): Promise<Row[]> {
  const ours = await startReporting();
  const other = otherBuild === undefined ? undefined : await startReporting(otherBuild);
  const mosquitto = await startMosquitto(ours.emulator);
  try {
    const [mqtt, amqp] = [`${devices} devices: a report over MQTT`, `${devices} devices: a report over AMQP`];
    return [
      ...(await compared(mqtt, ours.mqtt, [
        { what: 'the other build', contender: other?.mqtt, atMost: 0.7 },
        { what: 'Mosquitto relaying QoS 1 over TLS', contender: mosquitto },
      ])),
      ...(await compared(amqp, ours.amqp, [
        { what: 'the other build', contender: other?.amqp },
        { what: 'over MQTT', contender: ours.mqtt, atMost: 1.5 },
      ])),
    ];
  } finally {
    await mosquitto?.stop();
    await other?.stop();
    await ours.stop();
  }
}

async function startReporting(build?: string): Promise<Reporting> {
  const emulator = await startEmulatorProcess([], build);
  // Half of them over each: a device has one connection.
  const addresses = await registerDevices(emulator, 2 * devices);
  const mqtt = Clients.start(1);
  await mqtt.connect(addresses.slice(0, devices));
  const strings = addresses.slice(devices).map(({ clientId }) => amqpConnectionString(emulator, clientId));
  const amqp = await AmqpClients.connect(strings, emulator.ca);
  const { pid } = emulator;
  return {
    emulator,
    mqtt: { pids: [pid], load: () => mqtt.load('report', sliceMs, window) },
    amqp: { pids: [pid], load: () => amqp.load(sliceMs, window) },
    async stop() {
      await mqtt.end();
      await amqp.end();
      await emulator.stop();
    },
  };
}

/** With the certificate of an emulator, and clients; undefined where it is not installed. */
async function startMosquitto({ stateDir, ca }: EmulatorProcess) {
  const port = await freePort();
  const file = (name: string) => join(stateDir, name);
  const { cert, key } = JSON.parse(await readFile(file('certificates.json'), 'utf8'));
  await writeFile(file('cert.pem'), cert, { mode: 0o644 });
  await writeFile(file('key.pem'), key, { mode: 0o600 });
  const settings = [
    `listener ${port} 127.0.0.1`,
    `certfile ${file('cert.pem')}`,
    `keyfile ${file('key.pem')}`,
    'allow_anonymous true',
    'max_queued_messages 0',
    'max_inflight_messages 0',
    // It would give up root, and could not read the key.
    'user root',
  ];
  await writeFile(file('mosquitto.conf'), `${settings.join('\n')}\n`);
  const child = spawn('mosquitto', ['-c', file('mosquitto.conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
  const failed = once(child, 'error').then(() => false);
  const running = new Promise<boolean>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => /running/.test(line) && resolve(true));
  });
  if (!(await Promise.race([failed, running]))) return undefined;
  const clients = Clients.start(1);
  const addresses = Array.from({ length: devices }, (_, n): MqttAddress => ({ port, ca, clientId: `client-${n}` }));
  await clients.connect(addresses);
  return {
    pids: [child.pid ?? 0],
    load: () => clients.load('relay', sliceMs, window),
    async stop() {
      await clients.end();
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../scripts/freePort';
import { medians } from '../processes';
import type { Row } from '../row';
import { Clients } from './clients';
import { registerDevices } from './deviceFleet';
import type { MqttAddress } from './mqttClient';
import { type EmulatorProcess, startEmulatorProcess } from './process';

const devices = 100;
const window = 10;
const durationMs = 4000;

/** Updates of reported properties a second, against Mosquitto relaying QoS 1 messages of the same client processes. */
export async function reports(): Promise<Row[]> {
  const emulator = await startEmulatorProcess([]);
  const mosquitto = await startMosquitto(emulator);
  if (!mosquitto) {
    await emulator.stop();
    return [{ what: 'reports a second: not measured, Mosquitto is not installed', value: Number.NaN, unit: '/s' }];
  }
  const [ofHub, ofBroker] = [Clients.start(1), Clients.start(1)];
  try {
    const addresses = await registerDevices(emulator, devices);
    await ofHub.connect(addresses);
    await ofBroker.connect(addresses.map(({ ca, clientId }): MqttAddress => ({ port: mosquitto.port, ca, clientId })));
    const rates = await medians(3, {
      reports: () => ofHub.perSecond('report', durationMs, window),
      relayed: () => ofBroker.perSecond('relay', durationMs, window),
    });
    return [
      {
        what: `${devices} devices: updates of reported properties`,
        value: rates.reports,
        unit: '/s',
        baseline: { what: 'Mosquitto relaying QoS 1 over TLS', value: rates.relayed },
        aim: '≥ 0.5×',
      },
    ];
  } finally {
    await ofHub.end();
    await ofBroker.end();
    await mosquitto.stop();
    await emulator.stop();
  }
}

/** With the certificate of an emulator; undefined where it is not installed. */
async function startMosquitto({ stateDir }: EmulatorProcess) {
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
  return {
    port,
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { signToken } from '../rawHub';
import type { MqttAddress } from './mqttClient';
import type { EmulatorProcess } from './process';

const key = Buffer.alloc(32, 7);

/** Registers devices on an emulator, all with one key; answers how each of them connects. */
export async function registerDevices(emulator: EmulatorProcess, count: number): Promise<MqttAddress[]> {
  const ids = Array.from({ length: count }, (_, index) => `device-${index}`);
  const agent = new Agent({ ca: emulator.ca, keepAlive: true });
  for (let first = 0; first < count; first += 100) await add(emulator, agent, ids.slice(first, first + 100));
  agent.destroy();
  const { mqttPort: port, ca } = emulator;
  return ids.map((clientId) => ({
    port,
    ca,
    clientId,
    username: `localhost/${clientId}/?api-version=2021-04-12`,
    password: deviceToken(clientId),
  }));
}

/** How a device of {@link registerDevices} connects over AMQP. */
export function amqpConnectionString({ amqpsPort }: EmulatorProcess, deviceId: string): string {
  return `HostName=localhost:${amqpsPort};DeviceId=${deviceId};SharedAccessKey=${key.toString('base64')}`;
}

async function add({ httpsPort, env }: EmulatorProcess, agent: Agent, ids: string[]): Promise<void> {
  const symmetricKey = { primaryKey: key.toString('base64'), secondaryKey: key.toString('base64') };
  const items = ids.map((id) => ({ id, importMode: 'create', authentication: { type: 'sas', symmetricKey } }));
  const headers = { authorization: signToken(env.IOTHUB_CONNECTION_STRING ?? ''), 'content-type': 'application/json' };
  const options = { port: httpsPort, agent, method: 'POST', path: '/devices?api-version=2021-04-12', headers };
  const [reply] = await once(request(options).end(JSON.stringify(items)), 'response');
  reply.resume();
  await once(reply, 'end');
  if (reply.statusCode !== 200) throw new Error(`devices were refused: ${reply.statusCode}`);
}

function deviceToken(deviceId: string): string {
  const resource = encodeURIComponent(`localhost/devices/${deviceId}`);
  const expiry = Math.floor(Date.now() / 1000) + 3600;
  const signature = createHmac('sha256', key).update(`${resource}\n${expiry}`).digest('base64');
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}`;
}

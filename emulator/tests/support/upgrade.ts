import { once } from 'node:events';
import { connect } from 'node:tls';
import type { IotHub } from 'iot-hub-emulator';

/** Asks the service's port for an upgrade, and answers what comes back; only a refusal ends. */
export async function askUpgrade(hub: IotHub, path: string, headers: Record<string, string>): Promise<string> {
  const socket = connect({ port: hub.ports.https, host: 'localhost', ca: hub.caCertificate });
  await once(socket, 'secureConnect');
  const lines = Object.entries({ host: 'localhost', connection: 'Upgrade', ...headers });
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(socket, 'close');
  return text;
}

import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:https';
import type { IotHub } from 'iot-hub-emulator';

/** The hub's service API over keep-alive connections, without an SDK in the way. */
export interface RawHub {
  patchTwin(deviceId: string, patch: object): Promise<void>;
  close(): void;
}

/** @throws Error where the hub answers anything but 200. */
export function rawHub(hub: IotHub): RawHub {
  const agent = new Agent({ ca: hub.caCertificate, keepAlive: true, maxSockets: 64 });
  const authorization = signToken(hub.connectionString());
  return {
    patchTwin: (deviceId, patch) =>
      new Promise((resolve, reject) => {
        const path = `/twins/${deviceId}?api-version=2021-04-12`;
        const headers = { authorization, 'content-type': 'application/json', 'if-match': '*' };
        const sent = request({ port: hub.ports.https, agent, method: 'PATCH', path, headers }, (reply) => {
          reply
            .resume()
            .on('end', () => (reply.statusCode === 200 ? resolve() : reject(new Error(`${reply.statusCode}`))));
        });
        sent.on('error', reject).end(JSON.stringify(patch));
      }),
    close: () => agent.destroy(),
  };
}

/** A token of a service connection string, good for so many seconds. */
export function signToken(connectionString: string, seconds = 3600): string {
  const [, name = '', key = ''] = /SharedAccessKeyName=([^;]+);SharedAccessKey=(.+)$/.exec(connectionString) ?? [];
  const expiry = Math.floor(Date.now() / 1000) + seconds;
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(`localhost\n${expiry}`).digest('base64');
  return `SharedAccessSignature sr=localhost&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=${name}`;
}

import { Agent } from 'node:https';
import { connect } from 'node:tls';
import { NoRetry } from 'azure-iot-common';
import { Client } from 'azure-iot-device';
import { Mqtt, MqttWs } from 'azure-iot-device-mqtt';
import type { IotHub } from 'iot-hub-emulator';
import { type Credential, makeCredential, thumbprintOf } from './support/certificates';
import { startEmulator, type TestEmulator } from './support/emulator';
import { MqttPeer } from './support/mqttPeer';
import { keyOf, signSas } from './support/sas';
import { report } from './support/sdkDevice';

let emulator: TestEmulator;
let hub: IotHub;
let ca: Credential;
let names = 0;

beforeAll(async () => {
  ca = await makeCredential({ subject: 'CN=Contoso devices', ca: true });
  emulator = await startEmulator({ trustedCas: [ca.cert] });
  ({ hub } = emulator);
});
afterAll(() => emulator.stop());

/** A new device that proves itself as said; the SDK's types have no type `none`. */
async function register(authentication: object): Promise<string> {
  const deviceId = `x509-${++names}`;
  await put(`/devices/${deviceId}`, { deviceId, authentication });
  return deviceId;
}

async function put(path: string, body: object, headers: Record<string, string> = {}): Promise<void> {
  const request = { method: 'PUT', path: `${path}?api-version=2021-04-12`, body: JSON.stringify(body), headers };
  expect((await emulator.request(request)).status).toBe(200);
}

const selfSigned = (primaryThumbprint: string | null, secondaryThumbprint: string | null = null) => ({
  type: 'selfSigned',
  x509Thumbprint: { primaryThumbprint, secondaryThumbprint },
});
const byAuthority = { type: 'certificateAuthority' };

/** What a CONNECT with the certificate is answered. */
async function returnCode(id: string, shown?: Credential, password?: string): Promise<number | undefined> {
  const peer = await MqttPeer.dial(hub, shown);
  peer.connect(id, password === undefined ? {} : { password: Buffer.from(password) });
  const { returnCode: code } = await peer.receive('connack');
  peer.drop();
  return code;
}

const deviceToken = (id: string) =>
  signSas({
    key: keyOf(hub.connectionString('device')),
    policy: 'device',
    resource: encodeURIComponent(`localhost/devices/${id}`),
  });

describe('a device with a thumbprint', () => {
  const colons = (thumbprint: string) => (thumbprint.match(/../g) ?? []).join(':');

  test.each([
    ['SHA-1', 'primary', async (shown: Credential) => selfSigned(await thumbprintOf(shown, 'SHA-1'))],
    ['SHA-256', 'primary', async (shown: Credential) => selfSigned(await thumbprintOf(shown, 'SHA-256'))],
    ['SHA-1', 'secondary', async (shown: Credential) => selfSigned('a'.repeat(40), await thumbprintOf(shown, 'SHA-1'))],
    [
      'capital SHA-256',
      'only secondary',
      async (shown: Credential) => selfSigned(null, (await thumbprintOf(shown, 'SHA-256')).toUpperCase()),
    ],
    [
      'SHA-1 with colons',
      'primary',
      async (shown: Credential) => selfSigned(colons(await thumbprintOf(shown, 'SHA-1'))),
    ],
  ])('of %s as its %s one gets in with the certificate', async (_hash, _which, authentication) => {
    const shown = await makeCredential({ subject: 'CN=whoever' });
    expect(await returnCode(await register(await authentication(shown)), shown)).toBe(0);
  });

  test('is not let in with another certificate, without one, or with a token', async () => {
    const shown = await makeCredential({ subject: 'CN=whoever' });
    const id = await register(selfSigned(await thumbprintOf(shown, 'SHA-256')));
    expect(await returnCode(id, await makeCredential({ subject: 'CN=whoever' }))).toBe(5);
    expect(await returnCode(id)).toBe(5);
    expect(await returnCode(id, undefined, deviceToken(id))).toBe(5);
    expect(await returnCode(id, shown, deviceToken(id))).toBe(5);
    expect(await returnCode(id, await makeCredential({ subject: `CN=${id}`, issuer: ca }))).toBe(5);
  });

  test('gets in whatever the dates of the certificate', async () => {
    const shown = await makeCredential({ subject: 'CN=old', expired: true });
    expect(await returnCode(await register(selfSigned(await thumbprintOf(shown, 'SHA-1'))), shown)).toBe(0);
  });

  test('loses its connection when the thumbprint changes', async () => {
    const shown = await makeCredential({ subject: 'CN=whoever' });
    const deviceId = await register(selfSigned(await thumbprintOf(shown, 'SHA-256')));
    const peer = await MqttPeer.dial(hub, shown);
    peer.connect(deviceId);
    await peer.receive('connack');
    const authentication = selfSigned('b'.repeat(40));
    await put(`/devices/${deviceId}`, { deviceId, authentication }, { 'if-match': '*' });
    await peer.closed;
    expect(await returnCode(deviceId, shown)).toBe(5);
  });
});

describe('a device of an authority', () => {
  test('gets in with a certificate in its name', async () => {
    const id = await register(byAuthority);
    expect(await returnCode(id, await makeCredential({ subject: `O=Contoso, CN=${id}`, issuer: ca }))).toBe(0);
  });

  test('gets in by way of an intermediate authority', async () => {
    const id = await register(byAuthority);
    const intermediate = await makeCredential({ subject: 'CN=Contoso line 4', issuer: ca, ca: true });
    const leaf = await makeCredential({ subject: `CN=${id}`, issuer: intermediate });
    expect(await returnCode(id, { ...leaf, cert: leaf.cert + intermediate.cert })).toBe(0);
    expect(await returnCode(id, leaf)).toBe(5);
  });

  test.each<[string, (id: string) => Promise<Credential>]>([
    ["in another device's name", () => makeCredential({ subject: 'CN=x509-0', issuer: ca })],
    ['with two names', (id) => makeCredential({ subject: `CN=${id}, CN=other`, issuer: ca })],
    ['without a name', () => makeCredential({ subject: 'O=Contoso', issuer: ca })],
    ['that has expired', (id) => makeCredential({ subject: `CN=${id}`, issuer: ca, expired: true })],
    ['that it signed itself', (id) => makeCredential({ subject: `CN=${id}` })],
    [
      'of another authority',
      async (id) => {
        const issuer = await makeCredential({ subject: 'CN=Contoso devices', ca: true });
        return makeCredential({ subject: `CN=${id}`, issuer });
      },
    ],
    [
      'of a device that plays the authority',
      async (id) => {
        const issuer = await makeCredential({ subject: 'CN=device', issuer: ca });
        const leaf = await makeCredential({ subject: `CN=${id}`, issuer });
        return { ...leaf, cert: leaf.cert + issuer.cert };
      },
    ],
  ])('is not let in with a certificate %s', async (_, shown) => {
    const id = await register(byAuthority);
    expect(await returnCode(id, await shown(id))).toBe(5);
  });

  test('is not let in without a certificate, or with a token', async () => {
    const id = await register(byAuthority);
    expect(await returnCode(id)).toBe(5);
    expect(await returnCode(id, undefined, deviceToken(id))).toBe(5);
  });

  test('may have modules whose certificates name both', async () => {
    const deviceId = await register(byAuthority);
    await put(`/devices/${deviceId}/modules/m`, { deviceId, moduleId: 'm', authentication: byAuthority });
    const shown = await makeCredential({ subject: `CN=${deviceId}/m`, issuer: ca });
    expect(await returnCode(`${deviceId}/m`, shown)).toBe(0);
    expect(await returnCode(`${deviceId}/m`, await makeCredential({ subject: 'CN=m', issuer: ca }))).toBe(5);
    expect(await returnCode(deviceId, shown)).toBe(5);
  });
});

test('a device with keys is not let in by a certificate', async () => {
  const id = await register({ type: 'sas' });
  expect(await returnCode(id, await makeCredential({ subject: `CN=${id}`, issuer: ca }))).toBe(5);
});

test('an identity without authentication never gets in', async () => {
  const id = await register({ type: 'none' });
  expect(await returnCode(id, await makeCredential({ subject: `CN=${id}`, issuer: ca }))).toBe(5);
  expect(await returnCode(id, undefined, deviceToken(id))).toBe(5);
  expect(await returnCode(id)).toBe(5);
});

test('a hub that trusts no authority lets nobody in by one', async () => {
  const other = await startEmulator();
  const body = JSON.stringify({ deviceId: 'd', authentication: byAuthority });
  await other.request({ method: 'PUT', path: '/devices/d?api-version=2021-04-12', body });
  const peer = await MqttPeer.dial(other.hub, await makeCredential({ subject: 'CN=d', issuer: ca }));
  peer.connect('d');
  expect((await peer.receive('connack')).returnCode).toBe(5);
  await other.stop();
});

test('azure-iot-device connects with a certificate, and reports', async () => {
  const deviceId = await register(byAuthority);
  const { cert, key } = await makeCredential({ subject: `CN=${deviceId}`, issuer: ca });
  expect(hub.deviceConnectionString(deviceId)).toMatch(/;x509=true$/);
  const client = Client.fromConnectionString(hub.deviceConnectionString(deviceId), Mqtt);
  await client.setOptions({ ca: hub.caCertificate, cert, key });
  await report(await client.getTwin(), { level: 1 });
  const { responseBody } = await emulator.registry().getTwin(deviceId);
  expect(responseBody).toMatchObject({ connectionState: 'Connected', properties: { reported: { level: 1 } } });
  await client.close();
});

describe('over WebSocket', () => {
  /** The SDK with a certificate, by way of an agent that shows it to the door over HTTPS. */
  async function open(deviceId: string, shown: Credential): Promise<Client> {
    const tls = { host: 'localhost', port: hub.ports.https, ca: hub.caCertificate, cert: shown.cert, key: shown.key };
    const webSocketAgent = Object.assign(new Agent(), { createConnection: () => connect(tls) });
    const client = Client.fromConnectionString(`HostName=localhost;DeviceId=${deviceId};x509=true`, MqttWs);
    client.setRetryPolicy(new NoRetry());
    await client.setOptions({ ...tls, mqtt: { webSocketAgent } });
    await client.open();
    return client;
  }

  test('a certificate with the thumbprint of the device, or of an authority, lets it in, another does not', async () => {
    const shown = await makeCredential({ subject: 'CN=whoever' });
    const byThumbprint = await register(selfSigned(await thumbprintOf(shown, 'SHA-256')));
    const signed = await register(byAuthority);
    const device = await open(byThumbprint, shown);
    await report(await device.getTwin(), { over: 'webSocket' });
    await device.close();
    await (await open(signed, await makeCredential({ subject: `CN=${signed}`, issuer: ca }))).close();
    await expect(open(signed, shown)).rejects.toThrow();
  });

  test('services are not asked for one', async () => {
    expect(await emulator.request({ path: '/statistics/devices' })).toMatchObject({ status: 200 });
  });
});

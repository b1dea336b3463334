import { once } from 'node:events';
import { Message, NoRetry } from 'azure-iot-common';
import { Client, type Twin } from 'azure-iot-device';
import type { IotHub } from 'iot-hub-emulator';
import { type Credential, makeCredential, thumbprintOf } from './support/certificates';
import { startEmulator, type TestEmulator } from './support/emulator';
import { readEvents } from './support/eventHubs';
import { addressOf, deviceOver, messageOf, moduleOver, optionsOf, transports } from './support/messaging';
import { keyOf, signSas } from './support/sas';
import { desiredChanges, patchTo, report } from './support/sdkDevice';

const topology = { eventHubs: { hubs: [] }, routes: [], builtInEndpoint: { partitionCount: 1 } };

let emulator: TestEmulator;
let hub: IotHub;
beforeAll(async () => {
  emulator = await startEmulator({ devices: ['d1', 'd2', 'd3'], topology });
  ({ hub } = emulator);
  await emulator.registry().addModule({ deviceId: 'd1', moduleId: 'm1' } as never);
});
afterAll(() => emulator.stop());

/** The telemetry of a device or module, so many messages of it. */
async function telemetryOf(id: string, count: number) {
  const connectionString = (hub.env.IOTHUB_EVENTS_CONNECTION_STRING ?? '').replace(/EntityPath=.*/, '');
  const [deviceId, moduleId] = id.split('/');
  for (let asked = count; ; asked++) {
    const events = await readEvents({ connectionString, eventHub: 'iothub-ehub-localhost', count: asked });
    const own = events.filter(
      ({ systemProperties: system = {} }) =>
        system['iothub-connection-device-id'] === deviceId && system['iothub-connection-module-id'] === moduleId,
    );
    if (own.length >= count) return own;
  }
}

describe.each(['Amqp', 'AmqpWs'] as const)('azure-iot-device over %s', (transport) => {
  const id = transport === 'Amqp' ? 'd1' : 'd2';

  test('sends telemetry, which keeps its fields and types', async () => {
    const device = await deviceOver(hub, id, transport);
    const fields = { messageId: '9b2c5b0e-4b1e-4f0e-8a53-6d1f4c0f3a11', contentType: 'application/json' } as const;
    await device.sendEvent(messageOf('{"level":4}', { ...fields, contentEncoding: 'utf-8' }, { a: 'b' }));
    await device.sendEvent(new Message(''));
    const [event, empty] = await telemetryOf(id, 2);
    expect(event).toMatchObject({
      body: { level: 4 },
      contentType: 'application/json',
      properties: { a: 'b' },
      systemProperties: { 'iothub-message-source': 'Telemetry' },
    });
    // As a UUID, which is how the SDK sends it.
    expect(event?.messageId).toEqual(Buffer.from('9b2c5b0e4b1e4f0e8a536d1f4c0f3a11', 'hex'));
    expect(empty?.body?.length ?? 0).toBe(0);
    await device.close();
  });

  test('reads and reports its twin, and hears of desired properties', async () => {
    const device = await deviceOver(hub, id, transport);
    const twin: Twin = await device.getTwin();
    await report(twin, { connectivity: transport });
    await expect(report(twin, { 'bad.name': 1 })).rejects.toMatchObject({ amqpError: { name: 'FormatError' } });
    const changes = await desiredChanges(device);
    const { properties } = (await emulator.registry().getTwin(id)).responseBody;
    expect(properties.reported.connectivity).toBe(transport);
    const patch = { properties: { desired: { rate: 5 } } };
    const updated = (await emulator.registry().updateTwin(id, patch, '*')).responseBody;
    const desired = await patchTo(updated.properties.desired.$version, changes);
    expect(desired).toEqual({ rate: 5, $version: updated.properties.desired.$version });
    await device.close();
  });

  test.each([[{ k: 'v' }], [null], ['']])('answers a direct method with %j', async (payload) => {
    const device = await deviceOver(hub, id, transport);
    await device.open();
    device.onDeviceMethod('echo', (request, response) => response.send(207, request.payload, () => {}));
    const params = { methodName: 'echo', payload, connectTimeoutInSeconds: 20 };
    const { result } = await emulator.serviceClient().invokeDeviceMethod(id, params);
    expect(result).toEqual({ status: 207, payload });
    await device.close();
  });

  test('is connected while it has links', async () => {
    const device = await deviceOver(hub, id, transport);
    const state = async () =>
      ((await emulator.registry().get(id)).responseBody as { connectionState?: string }).connectionState;
    await device.sendEvent(new Message('1'));
    expect(await state()).toBe('Connected');
    await device.close();
    while ((await state()) !== 'Disconnected');
  });

  test('is not let in without its key, under another name, or without the certificate', async () => {
    const shown = await makeCredential({ subject: 'CN=other' });
    const deviceId = `thumb-${transport}`;
    const x509Thumbprint = {
      primaryThumbprint: await thumbprintOf(await makeCredential({ subject: 'CN=a' }), 'SHA-1'),
    };
    await emulator.registry().create({ deviceId, authentication: { x509Thumbprint } } as never);
    const refused = async (client: Awaited<ReturnType<typeof deviceOver>>) => {
      client.setRetryPolicy(new NoRetry());
      await expect(client.sendEvent(new Message('1'))).rejects.toMatchObject({ name: 'UnauthorizedError' });
      await client.close();
    };
    await refused(await deviceOver(hub, deviceId, transport, shown));
    const { deviceConnectionString } = hub;
    const wrong = Buffer.from('wrong').toString('base64');
    const altered = (change: (text: string) => string) => ({
      ...hub,
      deviceConnectionString: (each: string) => change(deviceConnectionString(each)),
    });
    await refused(
      await deviceOver(
        altered((text) => text.replace(/SharedAccessKey=.*/, `SharedAccessKey=${wrong}`)),
        id,
        transport,
      ),
    );
    await refused(
      await deviceOver(
        altered((text) => text.replace(/DeviceId=\w+/, 'DeviceId=d3#+x')),
        id,
        transport,
      ),
    );
  });

  test('with a thumbprint is let in by its certificate', async () => {
    const shown: Credential = await makeCredential({ subject: 'CN=a' });
    const deviceId = `own-${transport}`;
    const x509Thumbprint = { primaryThumbprint: await thumbprintOf(shown, 'SHA-256') };
    await emulator.registry().create({ deviceId, authentication: { x509Thumbprint } } as never);
    const device = await deviceOver(hub, deviceId, transport, shown);
    await device.sendEvent(new Message('1'));
    expect((await telemetryOf(deviceId, 1))[0]?.systemProperties).toMatchObject({
      'iothub-connection-auth-method': expect.stringContaining('"x509"'),
    });
    await device.close();
  });

  test('goes on with a new token on the same connection', async () => {
    const [host] = /localhost(:\d+)?/.exec(addressOf(hub, 'd3', transport)) ?? [];
    const sign = () =>
      signSas({ key: keyOf(hub.deviceConnectionString('d3')), resource: encodeURIComponent(`${host}/devices/d3`) });
    const device = Client.fromSharedAccessSignature(sign(), transports[transport]);
    await device.setOptions(optionsOf(hub) as never);
    await device.sendEvent(new Message('1'));
    await device.updateSharedAccessSignature(sign());
    await device.sendEvent(new Message('2'));
    await device.close();
  });

  test('is told that its device was deleted', async () => {
    const deviceId = `gone-${transport}`;
    await emulator.registry().create({ deviceId });
    const device = await deviceOver(hub, deviceId, transport);
    device.setRetryPolicy(new NoRetry());
    device.on('message', () => {});
    await device.open();
    await device.sendEvent(new Message('1'));
    const gone = once(device, 'disconnect');
    await emulator.registry().delete(deviceId);
    await gone;
    await device.close().catch(() => {});
  });

  test('a module sends to an output, and works with its twin and methods', async () => {
    const module = await moduleOver(hub, 'd1/m1', transport);
    await module.sendOutputEvent('alarms', messageOf('{"m":1}', { contentType: 'application/json' }));
    const events = await telemetryOf('d1/m1', 1);
    expect(events.at(-1)).toMatchObject({ body: { m: 1 } });
    const twin = await module.getTwin();
    await report(twin, { of: 'module' });
    module.onMethod('echo', (request, response) => response?.send(200, request?.payload, () => {}));
    const params = { methodName: 'echo', payload: 'm', connectTimeoutInSeconds: 20 };
    const { result } = await emulator.serviceClient().invokeDeviceMethod('d1', 'm1', params);
    expect(result).toMatchObject({ status: 200, payload: 'm' });
    await module.close();
  });
});

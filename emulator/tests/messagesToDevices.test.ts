import type { IotHub } from 'iot-hub-emulator';
import { type Credential, makeCredential } from './support/certificates';
import { startEmulator, type TestEmulator } from './support/emulator';
import { deviceOver, messageOf, messagesOf, messagingService, type TransportName } from './support/messaging';

let emulator: TestEmulator;
let hub: IotHub;
let ca: Credential;

beforeAll(async () => {
  ca = await makeCredential({ subject: 'CN=Contoso devices', ca: true });
  emulator = await startEmulator({ trustedCas: [ca.cert], devices: ['d1', 'd2'] });
  ({ hub } = emulator);
});
afterAll(() => emulator.stop());

const all: TransportName[] = ['Amqp', 'AmqpWs', 'Mqtt', 'MqttWs', 'Http'];
const settling: TransportName[] = ['Amqp', 'AmqpWs', 'Http'];

describe.each(all)('a message of azure-iothub to azure-iot-device over %s', (transport) => {
  test('comes with its properties, and is gone when it is completed', async () => {
    const device = await deviceOver(hub, 'd1', transport);
    const service = messagingService(hub);
    const next = await messagesOf(device);
    await device.open();
    const kind = { contentType: 'application/json', contentEncoding: 'utf-8' } as const;
    const fields = { messageId: 'm1', correlationId: 'c1', ...kind };
    await service.send('d1', messageOf('{"do":"it"}', fields, { level: '4 %', 'a&b': 'ä' }));
    const message = await next();
    expect(message.getData().toString()).toBe('{"do":"it"}');
    expect(message).toMatchObject({ messageId: 'm1', correlationId: 'c1', to: '/devices/d1/messages/devicebound' });
    await device.complete(message);
    await device.close();
    await service.close();
    expect((await emulator.registry().getTwin('d1')).responseBody).toMatchObject({ cloudToDeviceMessageCount: 0 });
  });

  test('of 64 KB comes whole, to a device with a certificate', async () => {
    const shown = await makeCredential({ subject: `CN=x509-${transport}`, issuer: ca });
    await emulator.registry().create({
      deviceId: `x509-${transport}`,
      authentication: { type: 'certificateAuthority' },
    } as never);
    const device = await deviceOver(hub, `x509-${transport}`, transport, shown);
    const service = messagingService(hub);
    const next = await messagesOf(device);
    await device.open();
    const body = 'x'.repeat(64 * 1024 - 512);
    await service.send(`x509-${transport}`, messageOf(body));
    const message = await next();
    expect(message.getData().toString()).toBe(body);
    await device.complete(message);
    await device.close();
    await service.close();
  });
});

describe.each(settling)('over %s a device', (transport) => {
  test.each(['complete', 'reject'] as const)(
    'gets a message again that it abandons, and can %s it then',
    async (how) => {
      const device = await deviceOver(hub, 'd2', transport);
      const service = messagingService(hub);
      const next = await messagesOf(device);
      await device.open();
      await service.send('d2', 'again');
      await device.abandon(await next());
      const message = await next();
      expect(message.getData().toString()).toBe('again');
      await device[how](message);
      await device.close();
      await service.close();
    },
  );
});

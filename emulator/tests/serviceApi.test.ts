import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { notServed } from '../src/rest/notServed';
import { startEmulator, type TestEmulator } from './support/emulator';
import { keyOf, signSas } from './support/sas';

let emulator: TestEmulator;
const lines: string[] = [];

beforeAll(async () => {
  const topology = {
    routes: [],
    eventHubs: { hubs: [] },
    topic: { name: 'topic', subscriptions: [] },
  };
  emulator = await startEmulator({ devices: ['device'], topology, log: (line) => lines.push(line) });
});
afterAll(() => emulator.stop());

/** What a client sends over a bare connection, and the first that it gets back. */
async function exchange(sent: string): Promise<string> {
  const { hub } = emulator;
  const socket = connect({ host: 'localhost', port: hub.ports.https, ca: hub.caCertificate });
  await once(socket, 'secureConnect');
  socket.write(sent);
  const [received] = await once(socket, 'data');
  socket.destroy();
  return String(received);
}

describe('what the service API does not serve', () => {
  const calls: [what: string, method: string, path: string][] = [
    ['import and export jobs', 'POST', '/jobs/create'],
    ['the effect of configurations', 'POST', '/configurations/testQueries'],
    ['the effect of configurations', 'POST', '/devices/device/applyConfigurationContent'],
    ['digital twins', 'GET', '/digitaltwins/device'],
    ['feedback and notifications of files over HTTP', 'GET', '/messages/serviceBound/feedback'],
    ['files of devices', 'POST', '/devices/device/files'],
  ];
  it.each(calls)('%s: %s %s is answered with 501', async (what, method, path) => {
    const { status, headers, text } = await emulator.request({ method, path });
    expect([status, headers['iothub-errorcode']]).toEqual([501, 'NotImplemented']);
    expect(JSON.parse(text).Message).toBe(`ErrorCode:NotImplemented;This emulator does not serve ${what}.`);
  });

  it('says so to a device, whose token opens nothing else', async () => {
    const path = '/devices/device/files?api-version=2021-04-12';
    const key = keyOf(emulator.hub.deviceConnectionString('device'));
    const authorization = signSas({ key, resource: encodeURIComponent('localhost/devices/device') });
    const call = (target: string) => emulator.request({ method: 'POST', path: target, headers: { authorization } });
    expect((await call(path)).status).toBe(501);
    expect((await call('/configurations/configuration')).status).toBe(401);
  });

  it('is in the README, all of it', () => {
    const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');
    expect(new Set(calls.map(([what]) => what))).toEqual(new Set(notServed.map(({ what }) => what)));
    for (const { what } of notServed) expect(readme).toContain(`- ${what}`);
  });

  it('says 501 to a WebSocket', async () => {
    const upgrade = 'connection: upgrade\r\nupgrade: websocket\r\n';
    const answer = await exchange(`GET /$iothub/websocket HTTP/1.1\r\nhost: localhost\r\n${upgrade}\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 501 /);
  });
});

describe('requests that are not of the service API', () => {
  it.each([
    ['GET', '/'],
    ['GET', '//'],
    ['GET', '/nothing'],
    ['POST', '/twins/device'],
    ['DELETE', '/statistics/devices'],
    ['GET', '/devices/device/unknown'],
  ])('%s %s is answered with 404', async (method, path) => {
    expect(await emulator.request({ method, path })).toMatchObject({ status: 404 });
  });

  it('a path with broken percent-encoding is answered with 400', async () => {
    expect(await emulator.request({ path: '/twins/%zz' })).toMatchObject({ status: 400 });
  });

  it.each([
    'GET http://[ HTTP/1.1\r\nhost: x\r\n\r\n',
    'GET //eventgrid/%zz HTTP/1.1\r\nhost: x\r\n\r\n',
    'junk\r\n\r\n',
  ])('the server outlives %j', async (sent) => {
    expect(await exchange(sent)).toMatch(/^HTTP\/1.1 4\d\d /);
    expect(await emulator.request({ path: '/health' })).toMatchObject({ status: 200 });
  });

  it('a body that is too long is answered once it has been sent', async () => {
    const body = Buffer.alloc(2 * 1024 * 1024, 'x');
    const request = { method: 'PATCH', path: '/twins/device', headers: { 'transfer-encoding': 'chunked' }, body };
    const { status, headers } = await emulator.request(request);
    expect([status, headers['iothub-errorcode']]).toEqual([413, 'MessageTooLarge']);
  });

  it('a query that is missing, no string or not of the language is answered with 400', async () => {
    const ask = async (body: string) => (await emulator.request({ method: 'POST', path: '/devices/query', body })).text;
    expect(await ask('{}')).toContain('ErrorCode:ArgumentNull;');
    expect(await ask('{"query":1}')).toContain('ErrorCode:ArgumentInvalid;');
    expect(await ask('{"query":"DROP TABLE devices"}')).toContain('ErrorCode:ArgumentInvalid;');
  });
});

describe('replies', () => {
  it('carry a request id and say that they are JSON', async () => {
    const { headers } = await emulator.request({ path: '/twins/device' });
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(headers['x-ms-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('tell an error as the service does, in header and body alike', async () => {
    const { status, headers, text } = await emulator.request({ path: '/twins/nobody' });
    expect([status, headers['iothub-errorcode']]).toEqual([404, 'DeviceNotFound']);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(text)).toEqual({
      Message: "ErrorCode:DeviceNotFound;The device 'nobody' is not registered.",
      ExceptionMessage: expect.stringMatching(/^Tracking ID:[0-9a-f]{32}-TimeStamp:\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d$/),
    });
  });

  it('tell anybody that the emulator is up', async () => {
    expect(await emulator.request({ path: '/health', headers: { authorization: '' } })).toMatchObject({ status: 200 });
  });
});

it('nothing of this was a failure of the emulator', () => {
  expect(lines).toEqual([]);
});

describe('the shape of errors', () => {
  async function errorsOf(errorShape: 'A' | 'B' | 'C', path = '/twins/nobody', authorization?: string) {
    const shaped = await startEmulator({ errorShape });
    const headers = authorization === undefined ? {} : { authorization };
    const { status, headers: answered, text } = await shaped.request({ path, headers });
    const rejected = await shaped
      .registry()
      .getTwin('nobody')
      .catch((error: Error) => error.name);
    await shaped.stop();
    return { status, code: answered['iothub-errorcode'], body: JSON.parse(text), rejected };
  }
  const inner = {
    errorCode: 404001,
    message: expect.stringContaining('nobody'),
    trackingId: expect.stringMatching(/^[0-9A-F]{32}-G2:-TimeStamp:\d{4}-/),
    timestampUtc: expect.stringMatching(/^\d{4}-.*Z$/),
  };

  it("is the gateway's, which the SDK reads", async () => {
    const { body, rejected } = await errorsOf('A');
    expect(body.Message).toMatch(/^ErrorCode:DeviceNotFound;/);
    expect(rejected).toBe('DeviceNotFoundError');
  });

  it('can be that of the service behind it, plain or as text', async () => {
    const plain = await errorsOf('C');
    expect(plain).toMatchObject({ status: 404, code: 'DeviceNotFound', body: inner, rejected: 'Error' });
    const wrapped = await errorsOf('B');
    expect(wrapped).toMatchObject({ status: 404, code: 'DeviceNotFound', body: { ExceptionMessage: '' } });
    // Text inside Message comes from older parts, whose tracking ids are of another form.
    const trackingId = expect.stringMatching(/^[0-9a-f]{32}-TimeStamp:\d\d\//);
    expect(JSON.parse(wrapped.body.Message)).toEqual({ ...inner, trackingId });
  });

  it("stays the gateway's for identities, and for who may not come in", async () => {
    expect((await errorsOf('C', '/devices/nobody')).body.Message).toMatch(/^ErrorCode:DeviceNotFound;/);
    expect((await errorsOf('C', '/twins/nobody', 'none')).body.Message).toBe(
      'ErrorCode:IotHubUnauthorizedAccess;Unauthorized',
    );
  });
});

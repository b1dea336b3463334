import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmulator, type TestEmulator } from './support/emulator';

let emulator: TestEmulator;
let dataDir: string;
const start = async () => {
  emulator = await startEmulator({ dataDir });
};
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'iot-hub-configurations-'));
  await start();
});
afterAll(async () => {
  await emulator.stop();
  await rm(dataDir, { recursive: true });
});

const id = 'rate-of-site-a';
const configuration = {
  id,
  labels: { HostPlatform: 'SomeValue' },
  content: { deviceContent: { 'properties.desired.rate': 5 } },
  targetCondition: "tags.site = 'A'",
  priority: 10,
};

async function put(body: object & { id?: string }, ifMatch?: string) {
  const headers: Record<string, string> = ifMatch === undefined ? {} : { 'if-match': ifMatch };
  const path = `/configurations/${body.id ?? id}?api-version=2021-04-12`;
  const reply = await emulator.request({ method: 'PUT', path, headers, body: JSON.stringify(body) });
  return { ...reply, body: JSON.parse(reply.text) };
}

test('a configuration is answered as recorded (ConfigurationsClient_ConfigurationsLifecycle)', async () => {
  const time = expect.stringMatching(/^\d{4}-.*Z$/);
  const { status, headers, body } = await put(configuration, '""');
  expect([status, headers.etag]).toEqual([200, '"MQ=="']);
  expect(Object.entries(body)).toEqual([
    ['id', id],
    ['schemaVersion', null],
    ['labels', configuration.labels],
    ['content', configuration.content],
    ['targetCondition', configuration.targetCondition],
    ['createdTimeUtc', time],
    ['lastUpdatedTimeUtc', time],
    ['priority', 10],
    [
      'systemMetrics',
      {
        results: {},
        queries: {
          targetedCount: "select deviceId from devices where tags.site = 'A'",
          appliedCount: `select deviceId from devices where configurations.[[${id}]].status = 'Applied'`,
        },
      },
    ],
    ['metrics', { results: {}, queries: {} }],
    ['etag', 'MQ=='],
  ]);
  const again = await put(configuration);
  expect([again.status, again.body.Message]).toEqual([
    409,
    `ErrorCode:ConfigurationAlreadyExists;Configuration with id '${id}' already exist on IotHub.`,
  ]);
});

test('it is updated under its etag, but for its content', async () => {
  const changed = { ...configuration, priority: 20, content: { deviceContent: { 'properties.desired.rate': 6 } } };
  expect((await put(changed, '"MQ=="')).body).toMatchObject({
    priority: 20,
    content: configuration.content,
    etag: 'Mg==',
  });
  expect((await put(changed, '"MQ=="')).status).toBe(412);
  expect((await put(changed, '*')).body).toMatchObject({ etag: 'Mw==' });
  expect((await put({ ...changed, id: 'nowhere' }, '*')).status).toBe(404);
});

test('azure-iothub adds, updates, lists and removes one, which outlives the process', async () => {
  const registry = emulator.registry();
  const added = (await registry.addConfiguration({ ...configuration, id: 'second' } as never)).responseBody;
  await registry.updateConfiguration({ ...added, priority: 99 });
  await emulator.stop();
  await start();
  const restarted = emulator.registry();
  expect((await restarted.getConfiguration('second')).responseBody).toMatchObject({
    priority: 99,
    schemaVersion: '1.0',
  });
  const listed = (await restarted.getConfigurations()).responseBody as unknown as { id: string }[];
  expect(listed.map((each) => each.id)).toEqual([id, 'second']);
  await restarted.removeConfiguration('second');
  await expect(restarted.getConfiguration('second')).rejects.toMatchObject({ response: { statusCode: 404 } });
});

test.each<[string, object]>([
  ['an id with a capital', { id: 'A' }],
  ['a body that names another', { ...configuration, id: 'x', content: { devices: {} } }],
  ['a priority that is none', { ...configuration, id: 'x', priority: -1 }],
  ['a condition that is none', { ...configuration, id: 'x', targetCondition: 'site =' }],
  ['a metric that is none', { ...configuration, id: 'x', metrics: { queries: { a: 'select' } } }],
])('%s is refused', async (_, body) => {
  const { status, body: answer } = await put(body);
  expect([status, answer.Message]).toEqual([400, expect.stringMatching(/^ErrorCode:ArgumentInvalid;/)]);
});

test('a device cannot be told that it is applied, for it changes no twin', async () => {
  const content = { deviceContent: {} };
  await expect(emulator.registry().applyConfigurationContentOnDevice('d', content)).rejects.toMatchObject({
    response: { statusCode: 501 },
  });
});

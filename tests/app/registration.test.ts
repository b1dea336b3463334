import { recordingContext } from './functionCalls';

const registered = new Map<string, { bindings: Record<string, Record<string, unknown>>; retryOptions?: object }>();
const hooks = new Map<string, (context?: object) => unknown>();

// What the host's worker offers to the programming model.
jest.mock(
  '@azure/functions-core',
  () => ({
    Disposable: class {},
    version: '0',
    registerFunction: (metadata: { name: string; bindings: Record<string, Record<string, unknown>> }) =>
      registered.set(metadata.name, metadata),
    registerHook: (name: string, hook: (context?: object) => unknown) => hooks.set(name, hook),
    setProgrammingModel: () => {},
    log: () => {},
  }),
  { virtual: true },
);

const ours = /^(IOTHUB|TWIN|TAG|TwinChanges|TagJobs|LOCATION|CONNECTIVITY)/;

it('every function registers without a single valid setting, and the start says what is wrong', async () => {
  for (const name of Object.keys(process.env).filter((name) => ours.test(name))) delete process.env[name];
  process.env.TWIN_QUERY_SCHEDULE = 'hourly';
  await import('../../src/index');

  const bindings = (name: string) => Object.values(registered.get(name)?.bindings ?? {});
  expect([...registered.keys()].sort()).toEqual([
    'changes',
    'deviceChanges',
    'getTwin',
    'locationDevices',
    'locationDevicesByPath',
    'locations',
    'onTwinChange',
    'openapi',
    'page',
    'queryTwins',
    'relayTwinChanges',
    'runTwinQueries',
    'statistics',
    'summary',
    'tagJob',
    'tagJobOutcomes',
    'tagJobsList',
    'tagTwin',
    'tagTwins',
    'trends',
    'undoChange',
    'undoJob',
    'workTagJobs',
  ]);
  for (const [name, method, route] of [
    ['tagTwin', 'PATCH', 'devices/{deviceId}/tags'],
    ['getTwin', 'GET', 'devices/{deviceId}'],
    ['queryTwins', 'GET', 'devices'],
    ['statistics', 'GET', 'statistics'],
    ['tagTwins', 'POST', 'tagJobs'],
    ['summary', 'GET', 'summary'],
    ['openapi', 'GET', 'openapi.json'],
  ] as const) {
    expect(bindings(name)).toContainEqual(expect.objectContaining({ methods: [method], route, authLevel: 'function' }));
  }
  expect(bindings('tagJob')).toContainEqual(
    expect.objectContaining({ methods: ['GET', 'DELETE'], route: 'tagJobs/{jobId}', authLevel: 'function' }),
  );
  expect(bindings('page')).toContainEqual(
    expect.objectContaining({ methods: ['GET', 'HEAD'], route: 'page/{*file}', authLevel: 'anonymous' }),
  );
  expect(bindings('workTagJobs')).toEqual([
    expect.objectContaining({ type: 'queueTrigger', connection: 'TagJobs', queueName: 'tag-jobs' }),
  ]);
  expect(bindings('runTwinQueries')).toContainEqual(expect.objectContaining({ schedule: '0 */5 * * * *' }));
  expect(bindings('onTwinChange')).toContainEqual(expect.objectContaining({ type: 'eventGridTrigger' }));
  expect(bindings('relayTwinChanges')).toEqual([
    expect.objectContaining({
      connection: 'TwinChanges',
      eventHubName: 'twin-changes',
      consumerGroup: 'relay',
      cardinality: 'many',
    }),
    expect.objectContaining({ type: 'eventGrid', connection: 'TwinChangesTopic' }),
  ]);
  expect(registered.get('relayTwinChanges')?.retryOptions).toMatchObject({ retryStrategy: 'exponentialBackoff' });

  const { context, logged } = recordingContext();
  hooks.get('preInvocation')?.({ invocationContext: context });
  context.log('a\nb');
  expect(logged).toEqual(['information: a\\nb']);

  const errors = jest.spyOn(console, 'error').mockImplementation();
  hooks.get('appStart')?.();
  expect(errors.mock.calls.flat()).toEqual([
    expect.stringContaining('IOTHUB_CONNECTION_STRING'),
    expect.stringContaining('TWIN_QUERY_SCHEDULE'),
    expect.stringContaining('TwinChanges'),
    expect.stringContaining('TwinChangesTopic__topicEndpointUri'),
  ]);
});

import { need, readBindings, readSettings, settingProblems } from '../../src/app/settings';
import { describeProblem } from '../../src/errors/settingError';

const key = Buffer.from('secret').toString('base64');
const complete = {
  IOTHUB_CONNECTION_STRING: `HostName=Localhost:8443;SharedAccessKeyName=service;SharedAccessKey=${key}`,
  TwinChanges: 'Endpoint=sb://localhost;UseDevelopmentEmulator=true',
  TWIN_CHANGES_TOPIC_ENDPOINT: 'https://localhost:8443/eventgrid/topics/twin-changes/api/events',
  TWIN_CHANGES_TOPIC_KEY: key,
};

const problemsOf = (env: Record<string, string | undefined>) =>
  settingProblems(readSettings({ ...complete, ...env })).map(describeProblem);

it('settings have defaults where the design has them', () => {
  const settings = readSettings(complete);
  expect(settingProblems(settings)).toEqual([]);
  expect(need(settings.hub)).toEqual({
    host: 'localhost',
    port: 8443,
    credential: { kind: 'key', policy: 'service', key },
  });
  expect(need(settings.location)).toBe('Redmond43');
  expect(need(settings.connectivity)).toBe('cellular');
  expect(need(settings.maxPages)).toBe(5);
  expect(need(settings.historyDays)).toBe(30);
  expect([need(settings.sku), need(settings.units)]).toEqual(['S1', 1]);
  expect(need(settings.tagJobs)).toBeUndefined();
  expect(need(settings.tagJobsQueue)).toBe('tag-jobs');
  expect(need(settings.locationPath)).toBe('tags.location.plant');
  expect(need(settings.connectivityPath)).toBe('properties.reported.connectivity');
});

it('an app in Azure needs no key', () => {
  const settings = readSettings({
    IOTHUB_HOSTNAME: 'my-hub.azure-devices.net',
    AZURE_CLIENT_ID: 'a-client',
    TwinChanges__fullyQualifiedNamespace: 'my-namespace.servicebus.windows.net',
    TwinChangesTopic__topicEndpointUri: 'https://my-topic.westeurope-1.eventgrid.azure.net/api/events',
    TagJobs__queueServiceUri: 'https://my-account.queue.core.windows.net',
    TagJobs__clientId: 'a-client',
  });
  expect(settingProblems(settings)).toEqual([]);
  expect(need(settings.tagJobs)).toEqual({
    kind: 'identity',
    endpoint: 'https://my-account.queue.core.windows.net',
    clientId: 'a-client',
  });
  expect(need(settings.hub)).toEqual({
    host: 'my-hub.azure-devices.net',
    port: 443,
    credential: { kind: 'identity', clientId: 'a-client' },
  });
});

describe('a wrong setting is told by name, fault and example:', () => {
  it.each([
    [{ IOTHUB_CONNECTION_STRING: undefined }, 'Setting IOTHUB_CONNECTION_STRING is missing', 'HostName=my-hub'],
    [{ IOTHUB_CONNECTION_STRING: 'nonsense' }, 'IOTHUB_CONNECTION_STRING lacks HostName=…', 'HostName=my-hub'],
    [
      { IOTHUB_CONNECTION_STRING: `HostName=h;DeviceId=d;SharedAccessKey=${key}` },
      'lacks SharedAccessKeyName=…',
      'not of a device',
    ],
    [
      { IOTHUB_CONNECTION_STRING: `HostName=https://h;SharedAccessKeyName=s;SharedAccessKey=${key}` },
      'host name',
      'name:port',
    ],
    [
      { IOTHUB_CONNECTION_STRING: `HostName=h:70000;SharedAccessKeyName=s;SharedAccessKey=${key}` },
      'host name',
      'name:port',
    ],
    [{ IOTHUB_CONNECTION_STRING: 'HostName=h;SharedAccessKeyName=s;SharedAccessKey=not base64' }, 'not base64', '…'],
    [{ IOTHUB_CONNECTION_STRING: '', IOTHUB_HOSTNAME: 'a b' }, 'IOTHUB_HOSTNAME has a host name', 'Example: my-hub'],
    [{ TWIN_QUERY_SCHEDULE: 'hourly' }, 'TWIN_QUERY_SCHEDULE is not an NCRONTAB', '0 */5 * * * *'],
    [{ TWIN_QUERY_MAX_PAGES: '0' }, 'TWIN_QUERY_MAX_PAGES is not a whole number', 'Example: 5'],
    [{ TWIN_QUERY_MAX_PAGES: '1.5' }, 'TWIN_QUERY_MAX_PAGES is not a whole number', 'Example: 5'],
    [{ HISTORY_DAYS: '1' }, 'HISTORY_DAYS is not a whole number of days from 2', 'Example: 30'],
    [{ LOCATION_PATH: 'location' }, "LOCATION_PATH 'location' is not a property path", 'tags.location.plant'],
    [{ CONNECTIVITY_PATH: 'tags.a = 1' }, 'CONNECTIVITY_PATH', 'properties.reported.connectivity'],
    [{ TWIN_CHANGES_EVENT_HUB: 'a/b' }, 'TWIN_CHANGES_EVENT_HUB is not the name', 'twin-changes'],
    [{ IOTHUB_SKU: 'B1' }, 'IOTHUB_SKU is not an edition', 'Example: S1'],
    [{ IOTHUB_UNITS: '0' }, 'IOTHUB_UNITS is not a whole number from 1 to 200', 'Example: 1'],
    [{ TagJobs: 'nonsense' }, 'TagJobs is not the connection string of a storage account', 'AccountName'],
    [{ TagJobs__queueServiceUri: 'http://queue' }, 'TagJobs__queueServiceUri is not an https URL', 'https://'],
    [{ TAG_JOBS_QUEUE: 'a--b' }, 'TAG_JOBS_QUEUE is not the name of a queue', 'Example: tag-jobs'],
    [{ TwinChanges: '' }, 'TwinChanges is missing', 'TwinChanges__fullyQualifiedNamespace'],
    [{ TWIN_CHANGES_TOPIC_ENDPOINT: 'topic' }, 'TWIN_CHANGES_TOPIC_ENDPOINT is not an http(s) URL', 'https://'],
    [{ TWIN_CHANGES_TOPIC_KEY: '' }, 'TwinChangesTopic__topicEndpointUri is missing', 'TWIN_CHANGES_TOPIC_KEY'],
  ])('%j', (env, fault, hint) => {
    const problems = problemsOf(env);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(fault);
    expect(problems[0]).toContain(hint);
    expect(problems[0]).not.toContain(key);
  });

  it('and fails whoever needs it', () => {
    const { maxPages } = readSettings({ TWIN_QUERY_MAX_PAGES: 'many' });
    expect(() => need(maxPages)).toThrow('Setting TWIN_QUERY_MAX_PAGES is not a whole number');
  });
});

describe('bindings', () => {
  it('name the settings that are there', () => {
    const env = {
      ...complete,
      TWIN_QUERY_SCHEDULE: '0 0 * * * *',
      TWIN_CHANGES_EVENT_HUB: 'changes',
      TAG_JOBS_QUEUE: 'jobs',
    };
    expect(readBindings(env)).toEqual({
      tagJobsQueue: '%TAG_JOBS_QUEUE%',
      isSignInAsked: false,
      schedule: '%TWIN_QUERY_SCHEDULE%',
      eventHub: '%TWIN_CHANGES_EVENT_HUB%',
      topic: { topicEndpointUri: 'TWIN_CHANGES_TOPIC_ENDPOINT', topicKeySetting: 'TWIN_CHANGES_TOPIC_KEY' },
    });
  });

  it('have the defaults for those that are missing or that the host could not parse', () => {
    expect(readBindings({ TWIN_QUERY_SCHEDULE: 'hourly', TAG_JOBS_QUEUE: 'Not A Queue' })).toEqual({
      tagJobsQueue: 'tag-jobs',
      isSignInAsked: false,
      schedule: '0 */5 * * * *',
      eventHub: 'twin-changes',
      topic: { connection: 'TwinChangesTopic' },
    });
  });
});

import type { checks } from './checks';
import { ofType, one, type System, settingsOf, signInOf, storageOf, valueAt } from './system';

/** A way to break a system, the check that must notice, and the parameters to start from. */
export interface Mutation {
  name: string;
  check: keyof typeof checks;
  mutate(system: System): void;
  parameters?: Record<string, unknown>;
}

const hub = 'Microsoft.Devices/IotHubs';
const subscription = 'Microsoft.EventGrid/topics/eventSubscriptions';
const queue = 'Microsoft.Storage/storageAccounts/queueServices/queues';
const definition = 'Microsoft.Authorization/roleDefinitions';
const assignment = 'Microsoft.Authorization/roleAssignments';
const set = (type: string, property: string, value: unknown) => (system: System) => {
  for (const each of ofType(system, type)) each.properties[property] = value;
};
const deployment = (system: System) =>
  valueAt(one(system, 'Microsoft.Web/sites'), 'properties.functionAppConfig.deployment.storage') as Record<
    string,
    unknown
  >;
const setting = (name: string, value: string) => (system: System) => {
  settingsOf(system)[name] = value;
};
const unset = (name: string) => (system: System) => {
  delete settingsOf(system)[name];
};
const routing = (system: System) => one(system, hub).properties.routing as Record<string, Record<string, unknown>[]>;

function remove(type: string, matches: (name: string) => boolean) {
  return (system: System) => {
    const { resources } = system.deployment;
    system.deployment.resources = resources.filter((each) => each.type !== type || !matches(each.name));
  };
}

const signIn = (mutate: (properties: Record<string, Record<string, unknown>>) => void) => ({
  check: 'callers sign in where app and platform both say so, and nobody is turned away in front of the app' as const,
  parameters: { signInClientId: 'client' },
  mutate: (system: System) => mutate(signInOf(system)?.properties as Record<string, Record<string, unknown>>),
});

export const mutations: Mutation[] = [
  {
    name: 'with the platform signing in alone',
    ...signIn(() => {}),
    mutate: unset('SIGN_IN'),
  },
  { name: 'with the app signing in alone', ...signIn(() => {}), parameters: {}, mutate: setting('SIGN_IN', 'true') },
  {
    name: 'with functions that were registered without a word of the platform',
    ...signIn(() => {}),
    mutate: (system) => {
      for (const { bindings } of system.functions) for (const each of bindings) each.authLevel = 'function';
    },
  },
  {
    name: 'with Event Grid turned away in front of the app',
    ...signIn(({ globalValidation }) => void Object.assign(globalValidation ?? {}, { requireAuthentication: true })),
  },
  {
    name: 'with sign-in over plain HTTP',
    ...signIn(({ httpSettings }) => void Object.assign(httpSettings ?? {}, { requireHttps: false })),
  },
  ...['IOTHUB_HOSTNAME', 'TwinChanges__fullyQualifiedNamespace', 'TwinChangesTopic__topicEndpointUri'].map((name) => ({
    name: `without ${name}`,
    check: 'every setting that our code needs is set, and right' as const,
    mutate: unset(name),
  })),
  {
    name: 'with a schedule that is none',
    check: 'every setting that our code needs is set, and right',
    mutate: setting('TWIN_QUERY_SCHEDULE', 'hourly'),
  },
  {
    name: 'without TWIN_TABLES_ENDPOINT',
    check: 'the app keeps its tables in the storage account',
    mutate: unset('TWIN_TABLES_ENDPOINT'),
  },
  {
    name: 'with one unit more than the app knows of',
    check: 'the app knows the edition and the units of its hub',
    mutate: (system) => void Object.assign(one(system, hub).sku ?? {}, { capacity: 2 }),
  },
  {
    name: 'without IOTHUB_SKU',
    check: 'the app knows the edition and the units of its hub',
    mutate: unset('IOTHUB_SKU'),
  },
  {
    name: 'without TagJobs__queueServiceUri',
    check: 'the app has its queues in the storage account',
    mutate: unset('TagJobs__queueServiceUri'),
  },
  {
    name: 'with the endpoint of the tables for the queues',
    check: 'the app has its queues in the storage account',
    mutate: (system) => setting('TagJobs__queueServiceUri', settingsOf(system).TWIN_TABLES_ENDPOINT ?? '')(system),
  },
  {
    name: 'without a queue for poison messages',
    check: 'the queues are those of the topology, each with one for poison messages',
    mutate: remove(queue, (name) => name.endsWith('-poison')),
  },
  {
    name: 'with another queue in the settings',
    check: 'the worker reads a queue that exists, the one that the code means by default',
    mutate: setting('TAG_JOBS_QUEUE', 'other-jobs'),
  },
  {
    name: 'without the queue of the worker',
    check: 'the worker reads a queue that exists, the one that the code means by default',
    mutate: remove(queue, (name) => name.endsWith('/tag-jobs')),
  },
  {
    name: 'with a worker that another connection triggers',
    check: 'the worker reads a queue that exists, the one that the code means by default',
    mutate: (system) => {
      const bindings = system.functions.flatMap((each) => each.bindings);
      for (const binding of bindings) if (binding.type === 'queueTrigger') binding.connection = 'AzureWebJobsStorage';
    },
  },
  {
    name: 'with another identity for the queue',
    check: 'every connection signs in with the identity of the app',
    mutate: setting('TagJobs__clientId', 'client of another'),
  },
  {
    name: 'with a key for the queue',
    check: 'every connection signs in with the identity of the app',
    mutate: setting('TagJobs', 'UseDevelopmentStorage=true'),
  },
  {
    name: 'with a setting that nobody reads',
    check: 'every setting is read by our code, or by what is listed',
    mutate: setting('TWIN_QUERY_LOCATIONS', 'Redmond43'),
  },
  {
    name: 'without the storage of the host',
    check: 'every listed setting of others is set',
    mutate: unset('AzureWebJobsStorage__blobServiceUri'),
  },
  {
    name: 'with the language as a setting',
    check: 'no setting is one that Flex Consumption forbids',
    mutate: setting('FUNCTIONS_WORKER_RUNTIME', 'node'),
  },
  {
    name: 'with another location than the topology',
    check: 'the plain settings are those of the topology',
    mutate: setting('TWIN_QUERY_LOCATION', 'Building44'),
  },
  {
    name: 'with a connection string beside an identity',
    check: 'every connection signs in with the identity of the app',
    mutate: setting('TwinChanges', 'Endpoint=sb://there/'),
  },
  {
    name: 'with another identity for the topic',
    check: 'every connection signs in with the identity of the app',
    mutate: setting('TwinChangesTopic__clientId', 'client of another'),
  },
  {
    name: 'with an endpoint that signs in by key',
    check: 'every connection signs in with the identity of the app',
    mutate: (system) => {
      const { eventHubs } = routing(system).endpoints as unknown as { eventHubs: Record<string, unknown>[] };
      for (const endpoint of eventHubs) endpoint.authenticationType = 'keyBased';
    },
  },
  {
    name: 'with one role less',
    check: 'each role is needed, and none that is needed lacks',
    mutate: (system) => {
      const [first] = ofType(system, assignment);
      system.deployment.resources = system.deployment.resources.filter((each) => each !== first);
    },
  },
  {
    name: 'with a role of no use',
    check: 'each role is needed, and none that is needed lacks',
    mutate: (system) => {
      const [first] = ofType(system, assignment);
      if (first) system.deployment.resources.push({ ...first, scope: one(system, hub).id });
    },
  },
  {
    name: 'with the role to send for a whole namespace',
    check: 'each role is needed, and none that is needed lacks',
    mutate: (system) => {
      for (const each of ofType(system, assignment)) {
        if (each.scope?.includes('/eventhubs/')) each.scope = one(system, 'Microsoft.EventHub/namespaces').id;
      }
    },
  },
  {
    name: 'with a role for the app on its own package',
    check: 'each role is needed, and none that is needed lacks',
    mutate: (system) => {
      const ofApp = ofType(system, assignment).find(({ scope }) => scope === storageOf(system, 'data').id);
      if (ofApp) system.deployment.resources.push({ ...ofApp, scope: storageOf(system, 'package').id });
    },
  },
  {
    name: 'with the package among the data',
    check: 'the package is apart from the data, and the app has no say over it',
    mutate: (system) => {
      deployment(system).value = `https://${storageOf(system, 'data').name}.blob.core.windows.net/app-package`;
    },
  },
  {
    name: 'with a package that the app itself publishes',
    check: 'the package is apart from the data, and the app has no say over it',
    mutate: (system) => {
      const ids = Object.keys(Object(one(system, 'Microsoft.Web/sites').identity?.userAssignedIdentities));
      deployment(system).authentication = {
        userAssignedIdentityResourceId: ids.find((id) => id.includes('/id-app-')),
      };
    },
  },
  ...['blobServices', 'tableServices'].map((service) => ({
    name: `without the log of ${service}`,
    check: 'what is written to tables and blobs is logged' as const,
    mutate: (system: System) => {
      const { resources } = system.deployment;
      system.deployment.resources = resources.filter(
        ({ type, scope }) => type !== 'Microsoft.Insights/diagnosticSettings' || !scope?.includes(service),
      );
    },
  })),
  {
    name: 'with a log of reads',
    check: 'what is written to tables and blobs is logged',
    mutate: (system) => {
      for (const { scope, properties } of ofType(system, 'Microsoft.Insights/diagnosticSettings')) {
        if (scope?.includes('Services/')) properties.logs = [{ category: 'StorageRead', enabled: true }];
      }
    },
  },
  {
    name: 'with the role on queues for the whole account',
    check: 'each role is needed, and none that is needed lacks',
    mutate: (system) => {
      for (const each of ofType(system, assignment)) {
        if (each.scope?.includes('/queues/')) each.scope = storageOf(system, 'data').id;
      }
    },
  },
  {
    name: 'without the role to put messages aside',
    check: 'each role is needed, and none that is needed lacks',
    mutate: (system) => {
      const { resources } = system.deployment;
      system.deployment.resources = resources.filter((each) => !each.scope?.endsWith('-poison'));
    },
  },
  {
    name: 'with a role of our own that may do more',
    check: 'each role is needed, and none that is needed lacks',
    mutate: (system) => {
      const [permission] = one(system, definition).properties.permissions as { dataActions: string[] }[];
      permission?.dataActions.push('Microsoft.Devices/IotHubs/devices/delete');
    },
  },
  {
    name: 'with a role of our own that does not cancel',
    check: 'each role is needed, and none that is needed lacks',
    mutate: (system) => {
      const [permission] = one(system, definition).properties.permissions as { dataActions: string[] }[];
      permission?.dataActions.pop();
    },
  },
  {
    name: 'with a role of our own for the whole subscription',
    check: 'each role is needed, and none that is needed lacks',
    mutate: set(definition, 'assignableScopes', ['/subscriptions/subscription']),
  },
  {
    name: 'with a role of our own that nobody has',
    check: 'each role is needed, and none that is needed lacks',
    mutate: (system) => {
      const { name } = one(system, definition);
      const { resources } = system.deployment;
      system.deployment.resources = resources.filter(
        ({ properties }) => !String(properties.roleDefinitionId).endsWith(name),
      );
    },
  },
  {
    name: 'with a key as an output',
    check: 'no output and no setting holds a secret',
    mutate: (system) => {
      system.deployment.outputs.IOTHUB = 'HostName=h;SharedAccessKeyName=p;SharedAccessKey=k';
    },
  },
  {
    name: 'with a key as a setting',
    check: 'no output and no setting holds a secret',
    mutate: setting('TWIN_QUERY_LOCATION', 'DefaultEndpointsProtocol=https;AccountKey=k'),
  },
  ...(
    [
      [hub, 'disableLocalAuth', false],
      [hub, 'disableDeviceSAS', true],
      ['Microsoft.EventHub/namespaces', 'disableLocalAuth', undefined],
      ['Microsoft.EventGrid/topics', 'disableLocalAuth', false],
      ['Microsoft.Storage/storageAccounts', 'allowSharedKeyAccess', true],
      ['Microsoft.Insights/components', 'DisableLocalAuth', false],
    ] as const
  ).map(([type, property, value]) => ({
    name: `with ${type} ${property}=${value}`,
    check: 'no service takes keys' as const,
    mutate: set(type, property, value),
  })),
  {
    name: 'with passwords for publishing',
    check: 'no service takes keys',
    mutate: (system) => {
      for (const each of ofType(system, 'Microsoft.Web/sites/basicPublishingCredentialsPolicies')) {
        each.properties.allow = true;
      }
    },
  },
  { name: 'with TLS 1.0', check: 'every service wants TLS 1.2', mutate: set(hub, 'minTlsVersion', '1.0') },
  {
    name: 'without the route of device lifecycles',
    check: 'routes, Event Hubs and consumer groups are those of the topology',
    mutate: (system) => void routing(system).routes?.pop(),
  },
  {
    name: 'with a route off',
    check: 'routes, Event Hubs and consumer groups are those of the topology',
    mutate: (system) => {
      const [route] = routing(system).routes as unknown as { isEnabled: boolean }[];
      if (route) route.isEnabled = false;
    },
  },
  {
    name: 'with the fallback route off',
    check: 'routes, Event Hubs and consumer groups are those of the topology',
    mutate: (system) => {
      (routing(system).fallbackRoute as unknown as { isEnabled: boolean }).isEnabled = false;
    },
  },
  {
    name: 'with an Event Hub of another name',
    check: 'routes, Event Hubs and consumer groups are those of the topology',
    mutate: (system) => {
      one(system, 'Microsoft.EventHub/namespaces/eventhubs').name = 'evhns/changes';
    },
  },
  {
    name: 'without the consumer group',
    check: 'the relay reads an Event Hub and a consumer group that exist',
    mutate: remove('Microsoft.EventHub/namespaces/eventhubs/consumergroups', () => true),
  },
  {
    name: 'with another Event Hub in the settings',
    check: 'the relay reads an Event Hub and a consumer group that exist',
    mutate: setting('TWIN_CHANGES_EVENT_HUB', 'changes'),
  },
  {
    name: 'with a function that was renamed',
    check: 'subscriptions are those of the topology, to functions that exist',
    mutate: (system) => {
      for (const each of system.functions) if (each.name === 'onTwinChange') each.name = 'onTwinChanged';
    },
  },
  {
    name: 'with a subscription that gives up earlier',
    check: 'subscriptions are those of the topology, to functions that exist',
    mutate: set(subscription, 'retryPolicy', { maxDeliveryAttempts: 1, eventTimeToLiveInMinutes: 1440 }),
  },
  {
    name: 'with larger batches than the topology',
    check: 'subscriptions are those of the topology, to functions that exist',
    mutate: (system) => {
      Object.assign(valueAt(one(system, subscription), 'properties.destination.properties') as object, {
        maxEventsPerBatch: 100,
      });
    },
  },
  {
    name: 'without dead letters',
    check: 'subscriptions are those of the topology, to functions that exist',
    mutate: set(subscription, 'deadLetterWithResourceIdentity', undefined),
  },
  {
    name: 'with a topic of the Event Grid schema',
    check: 'topic and subscriptions speak CloudEvents',
    mutate: set('Microsoft.EventGrid/topics', 'inputSchema', 'EventGridSchema'),
  },
  {
    name: 'with the schedule of a paid tier',
    check: 'the free tier is spared',
    mutate: setting('TWIN_QUERY_SCHEDULE', '0 */5 * * * *'),
    parameters: { iotHubSku: 'F1' },
  },
  {
    name: 'without the alert on dead letters',
    check: 'somebody is told',
    mutate: remove('Microsoft.Insights/metricAlerts', (name) => name.endsWith('-DeadLetteredCount')),
  },
  {
    name: 'without the alert on poison messages',
    check: 'somebody is told',
    mutate: remove('Microsoft.Insights/scheduledQueryRules', (name) => name.endsWith('-poison-messages')),
  },
  {
    name: 'without the alert on what is put aside',
    check: 'somebody is told',
    mutate: remove('Microsoft.Insights/scheduledQueryRules', (name) => name.endsWith('-put-aside')),
  },
  {
    name: 'without the alert on members that stay wrong',
    check: 'somebody is told',
    mutate: remove('Microsoft.Insights/scheduledQueryRules', (name) => name.endsWith('-members-drift')),
  },
  ...['workTagJobs', 'relayTwinChanges', 'onTwinChange', 'runTwinQueries'].map((name) => ({
    name: `with another name for ${name}`,
    check: 'alerts look at functions that exist' as const,
    mutate: (system: System) => {
      for (const each of system.functions) if (each.name === name) each.name = 'another';
    },
  })),
  {
    name: 'without the tag of the service',
    check: 'azd finds the app',
    mutate: (system) => {
      one(system, 'Microsoft.Web/sites').tags = {};
    },
  },
];

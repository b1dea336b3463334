import topology from '../../infra/topology.json';
import { readBindings, readSettings, settingProblems } from '../../src/app/settings';
import { type RegisteredFunction, settingsAskedFor } from './code';
import { roleProblems } from './roles';
import { environmentOf, ofType, one, type System, settingsOf, signInOf, storageOf, valueAt } from './system';

/** Looks at a system; answers what is wrong with it, in sentences. */
export type Check = (system: System) => string[];

/** Who reads the settings that our code does not. */
const readByOthers: Readonly<Record<string, string>> = {
  AzureWebJobsStorage__blobServiceUri: 'the host: locks of timers, checkpoints of Event Hubs, keys',
  AzureWebJobsStorage__tableServiceUri: 'the host: diagnostic events',
  AzureWebJobsStorage__credential: 'the host',
  AzureWebJobsStorage__clientId: 'the host',
  APPLICATIONINSIGHTS_CONNECTION_STRING:
    'the host: where telemetry goes; no key, since the component takes tokens only',
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'the host: by which identity',
  TwinChanges__credential: 'the Event Hubs extension',
  TwinChanges__clientId: 'the Event Hubs extension',
  TwinChangesTopic__credential: 'the Event Grid extension',
  TwinChangesTopic__clientId: 'the Event Grid extension',
  TagJobs__credential: 'the Storage Queues extension',
};

/** Flex Consumption refuses to start with these, or ignores them. */
const forbiddenOnFlex = [
  'FUNCTIONS_WORKER_RUNTIME',
  'FUNCTIONS_EXTENSION_VERSION',
  'WEBSITE_RUN_FROM_PACKAGE',
  'WEBSITE_CONTENTAZUREFILECONNECTIONSTRING',
  'WEBSITE_CONTENTSHARE',
  'WEBSITE_NODE_DEFAULT_VERSION',
  'SCM_DO_BUILD_DURING_DEPLOYMENT',
];

/** Where each service says that it takes no keys. Devices keep theirs: they cannot sign in with Entra. */
const localAuth: readonly [type: string, path: string, closed: unknown][] = [
  ['Microsoft.Devices/IotHubs', 'properties.disableLocalAuth', true],
  ['Microsoft.Devices/IotHubs', 'properties.disableDeviceSAS', undefined],
  ['Microsoft.EventHub/namespaces', 'properties.disableLocalAuth', true],
  ['Microsoft.EventGrid/topics', 'properties.disableLocalAuth', true],
  ['Microsoft.Storage/storageAccounts', 'properties.allowSharedKeyAccess', false],
  ['Microsoft.Storage/storageAccounts', 'properties.allowBlobPublicAccess', false],
  ['Microsoft.Insights/components', 'properties.DisableLocalAuth', true],
  ['Microsoft.OperationalInsights/workspaces', 'properties.features.disableLocalAuth', true],
  ['Microsoft.Web/sites/basicPublishingCredentialsPolicies', 'properties.allow', false],
];

const encryption: readonly [type: string, path: string, least: string | boolean][] = [
  ['Microsoft.Devices/IotHubs', 'properties.minTlsVersion', '1.2'],
  ['Microsoft.EventHub/namespaces', 'properties.minimumTlsVersion', '1.2'],
  ['Microsoft.EventGrid/topics', 'properties.minimumTlsVersionAllowed', '1.2'],
  ['Microsoft.Storage/storageAccounts', 'properties.minimumTlsVersion', 'TLS1_2'],
  ['Microsoft.Storage/storageAccounts', 'properties.supportsHttpsTrafficOnly', true],
  ['Microsoft.Web/sites', 'properties.siteConfig.minTlsVersion', '1.2'],
  ['Microsoft.Web/sites', 'properties.httpsOnly', true],
];

const alerts = [
  'DeadLetteredCount',
  'DroppedEventCount',
  'twin-operations-throttled',
  'function-failures',
  'relay-lag',
  'jobs.failed',
  'tag-job-stuck',
  'poison-messages',
  'put-aside',
  'members-drift',
];

const secret = /SharedAccessKey|AccountKey=|SharedAccessSignature|[?&]sig=|listKeys|password/i;

export const checks = {
  'every setting that our code needs is set, and right': (system) =>
    settingProblems(readSettings(environmentOf(system))).map(({ setting, problem }) => `${setting} ${problem}`),

  'every setting is read by our code, or by what is listed': (system) => {
    const settings = settingsOf(system);
    const asked = settingsAskedFor(settings);
    return Object.keys(settings).filter((name) => !asked.has(name) && !(name in readByOthers));
  },

  'every listed setting of others is set': (system) =>
    Object.keys(readByOthers).filter((name) => !settingsOf(system)[name]),

  'no setting is one that Flex Consumption forbids': (system) =>
    forbiddenOnFlex.filter((name) => name in settingsOf(system)),

  'the plain settings are those of the topology': (system) => {
    const settings = settingsOf(system);
    const isFree = valueAt(one(system, 'Microsoft.Devices/IotHubs'), 'sku.name') === 'F1';
    const own = isFree ? ['TWIN_QUERY_SCHEDULE', 'TWIN_QUERY_MAX_PAGES'] : [];
    return Object.entries(topology.settings)
      .filter(([name, value]) => (settings[name] === value) === own.includes(name))
      .map(([name]) => name);
  },

  'callers sign in where app and platform both say so, and nobody is turned away in front of the app': (system) => {
    const signIn = signInOf(system);
    if ((settingsOf(system).SIGN_IN === 'true') !== (signIn !== undefined)) return ['one of app and platform alone'];
    const levels = system.functions.flatMap(({ name, bindings }) =>
      bindings.flatMap(({ type, authLevel }) => (type === 'httpTrigger' && name !== 'page' ? [authLevel] : [])),
    );
    const wanted = signIn ? 'anonymous' : 'function';
    const expected = {
      'platform.enabled': true,
      'globalValidation.requireAuthentication': false,
      'globalValidation.unauthenticatedClientAction': 'AllowAnonymous',
      'httpSettings.requireHttps': true,
      'identityProviders.azureActiveDirectory.registration.openIdIssuer':
        'https://login.microsoftonline.com/tenant/v2.0',
    };
    return [
      ...levels.filter((level) => level !== wanted).map((level) => `a function is ${level}`),
      ...Object.entries(signIn ? expected : {})
        .filter(([path, value]) => valueAt(signIn?.properties, path) !== value)
        .map(([path]) => path),
    ];
  },

  'every connection signs in with the identity of the app': (system) => {
    const settings = settingsOf(system);
    const connections = system.functions.flatMap(({ bindings }) => bindings.map(({ connection }) => connection));
    const names = ['AzureWebJobsStorage', ...connections.filter((each) => typeof each === 'string')];
    const problems = names.filter(
      (name) =>
        settings[`${name}__credential`] !== 'managedidentity' ||
        settings[`${name}__clientId`] !== settings.AZURE_CLIENT_ID ||
        settings[name] !== undefined,
    );
    const site = one(system, 'Microsoft.Web/sites');
    const authentication = valueAt(site, 'properties.functionAppConfig.deployment.storage.authentication.type');
    const endpoints = valueAt(one(system, 'Microsoft.Devices/IotHubs'), 'properties.routing.endpoints.eventHubs');
    const keyed = (endpoints as Record<string, unknown>[]).filter(
      ({ authenticationType, connectionString }) => authenticationType !== 'identityBased' || connectionString,
    );
    return [
      ...problems,
      ...keyed.map(({ name }) => `endpoint ${name}`),
      ...(authentication === 'UserAssignedIdentity' ? [] : ['the container of the package']),
    ];
  },

  'the app keeps its tables in the storage account': (system) => {
    const { TWIN_TABLES_ENDPOINT: endpoint, TWIN_TABLES_CONNECTION_STRING: key } = settingsOf(system);
    const account = storageOf(system, 'data').name;
    return endpoint?.startsWith(`https://${account}.table.`) && key === undefined ? [] : [`${endpoint}`];
  },

  'the app knows the edition and the units of its hub': (system) => {
    const { IOTHUB_SKU: sku, IOTHUB_UNITS: units } = settingsOf(system);
    const hub = one(system, 'Microsoft.Devices/IotHubs').sku;
    return sku === hub?.name && units === String(hub?.capacity) ? [] : [`${sku}, ${units}`];
  },

  'the app has its queues in the storage account': (system) => {
    const endpoint = settingsOf(system)[`${topology.queues.connectionSetting}__queueServiceUri`];
    const account = storageOf(system, 'data').name;
    return endpoint?.startsWith(`https://${account}.queue.`) ? [] : [`${endpoint}`];
  },

  'the queues are those of the topology, each with one for poison messages': (system) => {
    const queues = ofType(system, 'Microsoft.Storage/storageAccounts/queueServices/queues').map(({ name }) => ({
      name: name.split('/')[2],
    }));
    const wanted = topology.queues.names.flatMap((name) => [{ name }, { name: `${name}-poison` }]);
    return differences('queues', queues, wanted);
  },

  'the worker reads a queue that exists, the one that the code means by default': (system) => {
    const trigger = bindingOf(system.functions, 'queueTrigger');
    const name = resolved(trigger.queueName, settingsOf(system));
    const queues = ofType(system, 'Microsoft.Storage/storageAccounts/queueServices/queues');
    return [
      ...(queues.some((queue) => queue.name.endsWith(`/${name}`)) ? [] : [`queue ${name}`]),
      ...(trigger.connection === topology.queues.connectionSetting ? [] : [`connection ${trigger.connection}`]),
      ...(readBindings({}).tagJobsQueue === name ? [] : [`by default ${readBindings({}).tagJobsQueue}`]),
    ];
  },

  'the package is apart from the data, and the app has no say over it': (system) => {
    const { properties, identity } = one(system, 'Microsoft.Web/sites');
    const { value, authentication } = valueAt(properties, 'functionAppConfig.deployment.storage') as {
      value: string;
      authentication: { userAssignedIdentityResourceId: string };
    };
    const publisher = authentication.userAssignedIdentityResourceId;
    const containers = ofType(system, 'Microsoft.Storage/storageAccounts/blobServices/containers');
    const [account, container] = [storageOf(system, 'package').name, value.split('/').at(-1)];
    return [
      ...(value.startsWith(`https://${account}.blob.`) ? [] : [`the package is at ${value}`]),
      ...(containers.some(({ name }) => name === `${account}/default/${container}`)
        ? []
        : [`no container ${container}`]),
      ...(/\/id-package-\w+$/.test(publisher) ? [] : [`published by ${publisher}`]),
      ...(Object.keys(Object(identity?.userAssignedIdentities)).includes(publisher)
        ? []
        : ["its identity is not the app's"]),
    ];
  },

  'what is written to tables and blobs is logged': (system) => {
    const settings = ofType(system, 'Microsoft.Insights/diagnosticSettings');
    const services = [
      `${storageOf(system, 'data').id}/blobServices/default`,
      `${storageOf(system, 'data').id}/tableServices/default`,
      `${storageOf(system, 'package').id}/blobServices/default`,
    ];
    const isLogged = (service: string, wanted: string) =>
      settings.some(({ scope, properties }) => {
        const logs = properties.logs as { category: string; enabled: boolean }[];
        return scope === service && logs.some(({ category, enabled }) => category === wanted && enabled);
      });
    return services.flatMap((service) =>
      ['StorageWrite', 'StorageDelete']
        .filter((category) => !isLogged(service, category))
        .map((category) => `${service}: ${category}`),
    );
  },

  'each role is needed, and none that is needed lacks': roleProblems,

  'no output and no setting holds a secret': (system) =>
    Object.entries({ ...settingsOf(system), ...system.deployment.outputs, ...system.subscriptions.outputs })
      .filter(([name, value]) => secret.test(`${name}=${value}`))
      .map(([name]) => name),

  'no service takes keys': (system) =>
    localAuth.flatMap(([type, path, closed]) =>
      ofType(system, type)
        .filter((each) => valueAt(each, path) !== closed)
        .map((each) => `${each.name}: ${path}`),
    ),

  'every service wants TLS 1.2': (system) =>
    encryption.flatMap(([type, path, least]) =>
      ofType(system, type)
        .filter((each) => valueAt(each, path) !== least)
        .map((each) => `${each.name}: ${path}`),
    ),

  'routes, Event Hubs and consumer groups are those of the topology': (system) => {
    const { routes, endpoints, fallbackRoute } = one(system, 'Microsoft.Devices/IotHubs').properties.routing as {
      routes: { name: string; source: string; condition: string; endpointNames: string[]; isEnabled: boolean }[];
      endpoints: { eventHubs: { name: string; entityPath: string }[] };
      fallbackRoute: { isEnabled: boolean };
    };
    const isEndpoint = (name: string) => endpoints.eventHubs.some((each) => each.name === name);
    const deployed = routes
      .filter(({ endpointNames }) => endpointNames.every(isEndpoint))
      .map(({ endpointNames: [eventHub], ...route }) => ({ ...route, eventHub }));
    const wanted = topology.routes.map((route) => ({ isEnabled: true, ...route }));
    const hubs = ofType(system, 'Microsoft.EventHub/namespaces/eventhubs').map(({ name, properties }) => ({
      name: name.split('/')[1],
      partitionCount: properties.partitionCount,
      retentionHours: valueAt(properties, 'retentionDescription.retentionTimeInHours'),
      consumerGroups: ofType(system, 'Microsoft.EventHub/namespaces/eventhubs/consumergroups')
        .filter((group) => group.name.startsWith(`${name}/`))
        .map((group) => group.name.split('/')[2]),
    }));
    return [
      ...differences('routes', deployed, wanted),
      ...differences('Event Hubs', hubs, topology.eventHubs.hubs),
      ...(fallbackRoute.isEnabled ? [] : ['the fallback route is off']),
    ];
  },

  'the relay reads an Event Hub and a consumer group that exist': (system) => {
    const trigger = bindingOf(system.functions, 'eventHubTrigger');
    const name = resolved(trigger.eventHubName, settingsOf(system));
    const groups = ofType(system, 'Microsoft.EventHub/namespaces/eventhubs/consumergroups');
    const isThere = groups.some((group) => group.name.endsWith(`/${name}/${trigger.consumerGroup}`));
    return isThere ? [] : [`${name}/${trigger.consumerGroup}`];
  },

  'subscriptions are those of the topology, to functions that exist': (system) => {
    const subscriptions = ofType(system, 'Microsoft.EventGrid/topics/eventSubscriptions');
    const ours = subscriptions.map(({ name, properties }) => ({
      name: name.split('/')[1],
      function: String(valueAt(properties, 'destination.properties.resourceId')).split('/functions/')[1],
      includedEventTypes: valueAt(properties, 'filter.includedEventTypes'),
      maxEventsPerBatch: valueAt(properties, 'destination.properties.maxEventsPerBatch'),
      preferredBatchSizeInKilobytes: valueAt(properties, 'destination.properties.preferredBatchSizeInKilobytes'),
      ...Object(properties.retryPolicy),
    }));
    const triggered = system.functions.filter(({ bindings }) =>
      bindings.some(({ type }) => type === 'eventGridTrigger'),
    );
    return [
      ...differences('subscriptions', ours, topology.topic.subscriptions),
      ...ours.filter((each) => !triggered.some(({ name }) => name === each.function)).map((each) => each.function),
      ...subscriptions
        .filter(({ properties }) => !valueAt(properties, 'deadLetterWithResourceIdentity.deadLetterDestination'))
        .map(({ name }) => `${name} has nowhere to put what cannot be delivered`),
    ];
  },

  'topic and subscriptions speak CloudEvents': (system) => [
    ...(one(system, 'Microsoft.EventGrid/topics').properties.inputSchema === 'CloudEventSchemaV1_0' ? [] : ['topic']),
    ...ofType(system, 'Microsoft.EventGrid/topics/eventSubscriptions')
      .filter(({ properties }) => properties.eventDeliverySchema !== 'CloudEventSchemaV1_0')
      .map(({ name }) => name),
  ],

  'the free tier is spared': (system) => {
    const hub = one(system, 'Microsoft.Devices/IotHubs');
    if (hub.sku?.name !== 'F1') return [];
    const { TWIN_QUERY_SCHEDULE: schedule, TWIN_QUERY_MAX_PAGES: pages } = settingsOf(system);
    return [
      ...(hub.sku.capacity === 1 ? [] : ['units']),
      ...(schedule === '0 0 * * * *' ? [] : ['schedule']),
      ...(pages === '1' ? [] : ['pages']),
    ];
  },

  'somebody is told': (system) => {
    const rules = [
      ...ofType(system, 'Microsoft.Insights/metricAlerts'),
      ...ofType(system, 'Microsoft.Insights/scheduledQueryRules'),
    ].filter(({ properties }) => properties.enabled);
    return alerts.filter((alert) => !rules.some(({ name }) => name.endsWith(`-${alert}`)));
  },

  'alerts look at functions that exist': (system) => {
    const rules = ofType(system, 'Microsoft.Insights/scheduledQueryRules');
    const queries = rules.map(({ properties }) => JSON.stringify(valueAt(properties, 'criteria.allOf')));
    const ofFunctions = queries.filter((query) => query.includes('AppTraces'));
    const meant = ofFunctions.flatMap((query) => [...query.matchAll(/OperationName == \\"(\w+)\\"/g)]);
    const names = meant.map(([, name = '']) => name);
    const missing = names.filter((name) => !system.functions.some((each) => each.name === name));
    return names.length > 1 ? missing : ['no alert looks at a function'];
  },

  'azd finds the app': (system) =>
    one(system, 'Microsoft.Web/sites').tags?.['azd-service-name'] === 'app' ? [] : ['the tag azd-service-name'],
} satisfies Record<string, Check>;

function bindingOf(functions: RegisteredFunction[], type: string): Record<string, unknown> {
  const binding = functions.flatMap(({ bindings }) => bindings).find((each) => each.type === type);
  if (!binding) throw new Error(`No function has a binding of type ${type}.`);
  return binding;
}

/** A name of a binding as the host reads it. */
function resolved(name: unknown, settings: Record<string, string>): string {
  return String(name).replace(/^%(.*)%$/, (_, setting) => settings[setting] ?? '');
}

/** Judges two lists as sets of what they describe, whatever the order of members. */
function differences(what: string, deployed: object[], wanted: object[]): string[] {
  const describe = (each: object) => JSON.stringify(Object.entries(each).sort());
  const [has, wants] = [deployed.map(describe).sort(), wanted.map(describe).sort()];
  return JSON.stringify(has) === JSON.stringify(wants) ? [] : [`${what}: ${has.join()} instead of ${wants.join()}`];
}

import { app, type HttpHandler, type HttpMethod, output } from '@azure/functions';
import type { Serve } from './api/http/endpoint';
import { logInLines } from './app/logInLines';
import type { Services } from './app/services';
import { readBindings, readSettings, settingProblems } from './app/settings';
import { describeProblem } from './errors/settingError';
import { visible } from './visible';

// The triggers of the app. What a function does is loaded when it is first called: an instance that was started for one
// of them does not wait for the others.

const bindings = readBindings(process.env);

// Else the host would drop empty bodies from a batch of events, but not the properties beside them.
app.setup({ capabilities: { IncludeEmptyEntriesInMessagePayload: true } });

/** Bodies come as they are: parsed by the host, strings that look like dates would be rewritten. The type lacks it. */
const untouched: object = { dataType: 'string' };

let made: Promise<Services> | undefined;

http('getTwin', 'GET', 'devices/{deviceId}', async () => (await import('./functions/getTwin')).getTwin);
http('tagTwin', 'PATCH', 'devices/{deviceId}/tags', async () => (await import('./functions/tagTwin')).tagTwin);
http('queryTwins', 'GET', 'devices', async () => (await import('./functions/queryTwins')).queryTwins);
http('summary', 'GET', 'summary', async () => (await import('./functions/summary')).summary);
http('statistics', 'GET', 'statistics', async () => (await import('./functions/statistics')).statistics);
http(
  'deviceChanges',
  'GET',
  'devices/{deviceId}/changes',
  async () => (await import('./functions/deviceChanges')).deviceChanges,
);
http('changes', 'GET', 'changes', async () => (await import('./functions/changes')).changes);
http('locations', 'GET', 'locations', async () => (await import('./functions/locations')).locations);
http(
  'locationDevices',
  'GET',
  'locations/devices',
  async () => (await import('./functions/locationDevices')).locationDevices,
);
http(
  'locationDevicesByPath',
  'GET',
  'locations/{location}/devices',
  async () => (await import('./functions/locationDevicesByPath')).locationDevicesByPath,
);
http('tagTwins', 'POST', 'tagJobs', async () => (await import('./functions/tagTwins')).tagTwins);
http('tagJobsList', 'GET', 'tagJobs', async () => (await import('./functions/tagJobsList')).tagJobsList);
http('tagJob', ['GET', 'DELETE'], 'tagJobs/{jobId}', async () => (await import('./functions/tagJob')).tagJob);
http(
  'tagJobOutcomes',
  'GET',
  'tagJobs/{jobId}/outcomes',
  async () => (await import('./functions/tagJobOutcomes')).tagJobOutcomes,
);
http('undoJob', 'POST', 'tagJobs/{jobId}/undo', async () => (await import('./functions/undoJob')).undoJob);
http(
  'undoChange',
  'POST',
  'devices/{deviceId}/changes/{id}/undo',
  async () => (await import('./functions/undoChange')).undoChange,
);
http('trends', 'GET', 'trends', async () => (await import('./functions/trends')).trends);
http('openapi', 'GET', 'openapi.json', async () => (await import('./functions/openapi')).openapi);

app.http('page', {
  methods: ['GET', 'HEAD'],
  route: 'page/{*file}',
  authLevel: 'anonymous',
  handler: async (request) => (await import('./functions/page')).page(request),
});

app.timer('runTwinQueries', {
  schedule: bindings.schedule,
  handler: async (_timer, context) =>
    (await import('./functions/runTwinQueries')).runTwinQueries(context, await services()),
});

app.eventHub('relayTwinChanges', {
  connection: 'TwinChanges',
  eventHubName: bindings.eventHub,
  consumerGroup: 'relay',
  cardinality: 'many',
  ...untouched,
  // For ever: after the last retry the host would pass over the batch. Events wait in their partition meanwhile.
  retry: {
    strategy: 'exponentialBackoff',
    maxRetryCount: -1,
    minimumInterval: { seconds: 2 },
    maximumInterval: { minutes: 1 },
  },
  return: output.eventGrid(bindings.topic),
  handler: async (messages, context) =>
    (await import('./functions/relayTwinChanges')).relayTwinChanges(messages as unknown[], context, await services()),
});

app.eventGrid<unknown>('onTwinChange', {
  handler: async (event, context) =>
    (await import('./functions/onTwinChange')).onTwinChange(event, context, await services()),
});

app.storageQueue('workTagJobs', {
  connection: 'TagJobs',
  queueName: bindings.tagJobsQueue,
  handler: async (message, context) =>
    (await import('./functions/workTagJobs')).workTagJobs(message, context, await services()),
});

app.hook.preInvocation(({ invocationContext }) => logInLines(invocationContext));

app.hook.appStart(() => {
  for (const problem of settingProblems(readSettings(process.env))) console.error(visible(describeProblem(problem)));
});

/** An HTTP function: callers need its key, or the app's; or where they sign in, a role. */
function http(
  name: string,
  methods: HttpMethod | HttpMethod[],
  route: string,
  load: () => Promise<Serve<Services>>,
): void {
  const { isSignInAsked } = bindings;
  const handler: HttpHandler = async (request, context) => {
    const [{ endpoint }, serve] = await Promise.all([import('./api/http/endpoint'), load()]);
    const judged = isSignInAsked ? (await import('./api/http/onlyWithRole')).onlyWithRole(serve) : serve;
    return endpoint(judged, await services())(request, context);
  };
  app.http(name, { methods: [methods].flat(), route, authLevel: isSignInAsked ? 'anonymous' : 'function', handler });
}

/** The services of this process, made when a function first asks for them. */
function services(): Promise<Services> {
  made ??= import('./app/services').then(({ createServices }) => createServices(readSettings(process.env)));
  return made;
}

import { parseJobRequest } from '../../jobs/jobRequest';
import type { JobFilter } from '../../jobs/jobs';
import { fromContinuation, pageSize, toContinuation } from '../../query/page';
import { HubError } from '../../service/hubError';
import { ok, type Reply } from '../../wire/reply';
import type { Call, Operation } from './operation';

const kind = 'job';

/** Jobs on many devices, version 2. */
export const jobOperations: readonly Operation[] = [
  { kind, method: 'GET', path: ['jobs', 'v2', 'query'], right: 'ServiceConnect', run: listJobs },
  { kind, method: 'PUT', path: ['jobs', 'v2', '*'], right: 'ServiceConnect', run: createJob },
  { kind, method: 'GET', path: ['jobs', 'v2', '*'], right: 'ServiceConnect', run: getJob },
  { kind, method: 'POST', path: ['jobs', 'v2', '*', 'cancel'], right: 'ServiceConnect', run: cancelJob },
  // Of import and export jobs, which `az iot hub job` asks for beside the others: here there never is one.
  { kind, method: 'GET', path: ['jobs'], right: 'RegistryRead', run: () => ok([]) },
  { kind, method: 'GET', path: ['jobs', '*'], right: 'RegistryRead', run: noImportJob },
  { kind, method: 'DELETE', path: ['jobs', '*'], right: 'RegistryWrite', run: noImportJob },
];

function noImportJob({ parameters: [jobId = ''] }: Call): Reply {
  throw new HubError('JobNotFound', `There is no import or export job '${jobId}'.`);
}

async function createJob({ hub, parameters: [jobId = ''], body }: Call): Promise<Reply> {
  return ok(await hub.jobs.create(parseJobRequest(jobId, body, hub)));
}

/** Of a job that is unknown a real hub says just that, with 200. */
function getJob({ hub, parameters: [jobId = ''] }: Call): Reply {
  return ok(hub.jobs.find(jobId) ?? { type: 'unknown', status: 'unknown' });
}

async function cancelJob({ hub, parameters: [jobId = ''] }: Call): Promise<Reply> {
  return ok(await hub.jobs.cancel(jobId));
}

/** A page of jobs, by the same headers as a query's. */
function listJobs({ hub, query, headers }: Call): Reply {
  const filter = parseFilter(query);
  const list = `jobs ${filter.type} ${filter.status}`;
  const token = headers['x-ms-continuation'];
  const from = typeof token === 'string' && token !== '' ? fromContinuation(list, token).after : 0;
  const size = pageSize({ maxItemCount: Number(headers['x-ms-max-item-count']) || undefined });
  const documents: object[] = [];
  let after = typeof from === 'number' ? from : 0;
  for (const { ordinal, document } of hub.jobs.list(filter, after)) {
    if (documents.length === size) {
      const continuation = toContinuation(list, { after, given: 0 });
      return jobsReply(documents, { 'x-ms-continuation': continuation });
    }
    documents.push(document);
    after = ordinal;
  }
  return jobsReply(documents, {});
}

function jobsReply(documents: object[], headers: Record<string, string>): Reply {
  return { status: 200, headers: { 'x-ms-item-type': 'JobResponse', ...headers }, body: documents };
}

/** The service's enumerations (REST reference, `JobResponse`): most kinds and some statuses no job here ever has. */
const types = [
  ...['unknown', 'export', 'import', 'backup', 'readDeviceProperties', 'writeDeviceProperties'],
  ...['updateDeviceConfiguration', 'rebootDevice', 'factoryResetDevice', 'firmwareUpdate'],
  ...['scheduleDeviceMethod', 'scheduleUpdateTwin', 'restoreFromBackup', 'failoverDataCopy'],
];
const statuses = ['unknown', 'enqueued', 'running', 'completed', 'failed', 'cancelled', 'scheduled', 'queued'];

function parseFilter(query: URLSearchParams): JobFilter {
  return { type: oneOf('jobType', types, query), status: oneOf('jobStatus', statuses, query) };
}

/** Whatever its case: the .NET SDK writes `Completed`. */
function oneOf(name: string, values: readonly string[], query: URLSearchParams): string | undefined {
  const asked = query.get(name);
  if (!asked) return undefined;
  const value = values.find((each) => each.toLowerCase() === asked.toLowerCase());
  if (value === undefined) throw new HubError('GenericBadRequest', `${name} is one of ${values.join(', ')}.`);
  return value;
}

import { join } from 'node:path';
import type { Part } from './system';
import type { SystemOptions } from './systemOptions';

const azurite = 'node_modules/azurite/dist/src';

/** What has it find rows more quickly. */
const lookups = ['--import', './scripts/azuriteLookups.mjs'];

/** The queue client speaks a later version of the protocol than Azurite knows; what it asks for has long been there. */
const plain = ['--skipApiVersionCheck', '--disableTelemetry'];

/** The account of every Azurite, whose key is public. */
const account = 'devstoreaccount1';
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** Azurite's tables. */
export function tableStorage({ tablePort, dataDir }: Pick<SystemOptions, 'tablePort' | 'dataDir'>): Part {
  const ready = /Table service successfully started/;
  return service('tables', 'table/main.js', { '--table-port': tablePort }, ready, dataDir);
}

/** Azurite's queues. */
export function queueStorage({ queuePort, dataDir }: Pick<SystemOptions, 'queuePort' | 'dataDir'>): Part {
  const ready = /Queue service successfully listens/;
  return service('queues', 'queue/main.js', { '--queue-port': queuePort }, ready, dataDir);
}

/** All of Azurite: Core Tools keeps timers and checkpoints in blobs. */
export function allStorage({ blobPort, queuePort, tablePort, dataDir }: SystemOptions): Part {
  const ports = { '--blob-port': blobPort, '--queue-port': queuePort, '--table-port': tablePort };
  return service('storage', 'azurite.js', ports, /Table service is successfully listening/, dataDir);
}

/** What is stored lasts as long as the twins that it tells of: in memory, unless the hub keeps them; then beside them. */
function service(name: string, main: string, ports: Part['ports'], ready: RegExp, dataDir: string | undefined): Part {
  // Azurite's options are those of ours, written together.
  const listening = Object.entries(ports).flatMap(([option, port]) => [option.replace('-port', 'Port'), `${port}`]);
  const lasting = dataDir === undefined ? ['--inMemoryPersistence'] : ['--location', join(dataDir, 'storage')];
  return {
    name,
    command: process.execPath,
    args: [...lookups, join(azurite, main), ...listening, ...lasting, '--silent', ...plain],
    env: process.env,
    ports,
    ready,
    hides: /^/,
  };
}

/** The connection string of {@link tableStorage}. */
export function tablesConnectionString(port: number): string {
  return connectionString({ TableEndpoint: port });
}

/** The connection string of {@link queueStorage}. */
export function queuesConnectionString(port: number): string {
  return connectionString({ QueueEndpoint: port });
}

/** The connection string of {@link allStorage}. */
export function storageConnectionString({ blobPort, queuePort, tablePort }: SystemOptions): string {
  return connectionString({ BlobEndpoint: blobPort, QueueEndpoint: queuePort, TableEndpoint: tablePort });
}

function connectionString(ports: Record<string, number>): string {
  const endpoints = Object.entries(ports).map(([name, port]) => `${name}=http://127.0.0.1:${port}/${account};`);
  return `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};${endpoints.join('')}`;
}

/** An environment with the storage of the system, unless it names another one. */
export function withStorage(env: NodeJS.ProcessEnv, connectionString: string): NodeJS.ProcessEnv {
  const namesTables = env.TWIN_TABLES_CONNECTION_STRING || env.TWIN_TABLES_ENDPOINT;
  const namesQueues = env.TagJobs || env.TagJobs__queueServiceUri || env.TagJobs__accountName;
  return {
    ...env,
    ...(namesTables ? {} : { TWIN_TABLES_CONNECTION_STRING: connectionString }),
    ...(namesQueues ? {} : { TagJobs: connectionString }),
  };
}

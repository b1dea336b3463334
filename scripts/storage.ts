import { join } from 'node:path';
import type { Part } from './system';
import type { SystemOptions } from './systemOptions';

const azurite = 'node_modules/azurite/dist/src';

/** The queue client speaks a later version of the protocol than Azurite knows; what it asks for has long been there. */
const plain = ['--skipApiVersionCheck', '--disableTelemetry'];

/** The account of every Azurite, whose key is public. */
const account = 'devstoreaccount1';
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** Azurite's tables. They last as long as the twins do: in memory, unless the hub keeps its twins. */
export function tableStorage({ tablePort, ...options }: SystemOptions): Part {
  const main = join(azurite, 'table/main.js');
  return service('tables', [main, '--tablePort', `${tablePort}`], /Table service successfully started/, options);
}

/** Azurite's queues, which last as long. */
export function queueStorage({ queuePort, ...options }: SystemOptions): Part {
  const main = join(azurite, 'queue/main.js');
  return service('queues', [main, '--queuePort', `${queuePort}`], /Queue service successfully listens/, options);
}

function service(
  name: string,
  args: string[],
  ready: RegExp,
  { dataDir, stateDir }: Pick<SystemOptions, 'dataDir' | 'stateDir'>,
): Part {
  const lasting = dataDir === undefined ? ['--inMemoryPersistence'] : ['--location', join(stateDir, name)];
  return {
    name,
    command: process.execPath,
    args: [...args, ...lasting, '--silent', ...plain],
    env: process.env,
    ready,
  };
}

/** All of Azurite, on the ports that {@link developmentStorage} stands for. */
export function allStorage({ stateDir }: SystemOptions): Part {
  return {
    name: 'storage',
    command: process.execPath,
    args: [join(azurite, 'azurite.js'), '--location', join(stateDir, 'azurite'), ...plain],
    env: process.env,
    ready: /Table service is successfully listening/,
  };
}

/** The connection string that stands for an Azurite on its usual ports. */
export const developmentStorage = 'UseDevelopmentStorage=true';

/** The connection string of {@link tableStorage}. */
export function tablesConnectionString(port: number): string {
  return connectionString('TableEndpoint', port);
}

/** The connection string of {@link queueStorage}. */
export function queuesConnectionString(port: number): string {
  return connectionString('QueueEndpoint', port);
}

function connectionString(endpoint: string, port: number): string {
  const address = `http://127.0.0.1:${port}/${account}`;
  return `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};${endpoint}=${address};`;
}

/** An environment with the tables and the queues of the system, unless it names others. */
export function withStorage(
  env: NodeJS.ProcessEnv,
  { tables, queues }: { tables: string; queues: string },
): NodeJS.ProcessEnv {
  const namesTables = env.TWIN_TABLES_CONNECTION_STRING || env.TWIN_TABLES_ENDPOINT;
  const namesQueues = env.TagJobs || env.TagJobs__queueServiceUri || env.TagJobs__accountName;
  return {
    ...env,
    ...(namesTables ? {} : { TWIN_TABLES_CONNECTION_STRING: tables }),
    ...(namesQueues ? {} : { TagJobs: queues }),
  };
}

import { join } from 'node:path';
import type { Part } from './system';
import type { SystemOptions } from './systemOptions';

const azurite = 'node_modules/azurite/dist/src';

/** The account of every Azurite, whose key is public. */
const account = 'devstoreaccount1';
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** Azurite's tables. They last as long as the twins do: in memory, unless the hub keeps its twins. */
export function tableStorage({ tablePort, dataDir, stateDir }: SystemOptions): Part {
  const lasting = dataDir === undefined ? ['--inMemoryPersistence'] : ['--location', join(stateDir, 'tables')];
  return {
    name: 'tables',
    command: process.execPath,
    args: [join(azurite, 'table/main.js'), '--tablePort', `${tablePort}`, ...lasting, '--silent', '--disableTelemetry'],
    env: process.env,
    ready: /Table service successfully started/,
  };
}

/** All of Azurite, on the ports that {@link developmentStorage} stands for. */
export function allStorage({ stateDir }: SystemOptions): Part {
  return {
    name: 'storage',
    command: process.execPath,
    args: [join(azurite, 'azurite.js'), '--location', join(stateDir, 'azurite'), '--disableTelemetry'],
    env: process.env,
    ready: /Table service is successfully listening/,
  };
}

/** The connection string that stands for an Azurite on its usual ports. */
export const developmentStorage = 'UseDevelopmentStorage=true';

/** The connection string of {@link tableStorage}. */
export function tablesConnectionString(port: number): string {
  const endpoint = `http://127.0.0.1:${port}/${account}`;
  return `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};TableEndpoint=${endpoint};`;
}

/** An environment with the tables of the system, unless it names others. */
export function withTables(env: NodeJS.ProcessEnv, connectionString: string): NodeJS.ProcessEnv {
  const isNamed = env.TWIN_TABLES_CONNECTION_STRING || env.TWIN_TABLES_ENDPOINT;
  return isNamed ? env : { ...env, TWIN_TABLES_CONNECTION_STRING: connectionString };
}

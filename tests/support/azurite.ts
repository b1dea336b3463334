import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { queueStorage, queuesConnectionString, tableStorage, tablesConnectionString } from '../../scripts/storage';
import type { Part } from '../../scripts/system';
import { readSystemOptions } from '../../scripts/systemOptions';
import { Lines } from '../system/system';

/** One of Azurite's services, in memory, on a free port. */
export interface TestStorage {
  connectionString: string;
  port: number;
  stop(): Promise<void>;
}

export async function startTables(): Promise<TestStorage> {
  const options = await readSystemOptions(['--table-port', '0']);
  return start(tableStorage(options), options.tablePort, tablesConnectionString);
}

export async function startQueues(port = 0): Promise<TestStorage> {
  const options = await readSystemOptions(['--queue-port', `${port}`]);
  return start(queueStorage(options), options.queuePort, queuesConnectionString);
}

async function start(part: Part, port: number, connectionString: (port: number) => string): Promise<TestStorage> {
  const { command, args, ready } = part;
  const child = spawn(command, args);
  await new Lines(child).match(ready);
  return {
    connectionString: connectionString(port),
    port,
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

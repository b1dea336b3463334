import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tableStorage, tablesConnectionString } from '../../scripts/storage';
import { readSystemOptions } from '../../scripts/systemOptions';
import { Lines } from '../system/system';

/** Azurite's tables, in memory, on a free port. */
export interface TestTables {
  connectionString: string;
  stop(): Promise<void>;
}

export async function startTables(): Promise<TestTables> {
  const options = await readSystemOptions(['--table-port', '0']);
  const { command, args, ready } = tableStorage(options);
  const child = spawn(command, args);
  await new Lines(child).match(ready);
  return {
    connectionString: tablesConnectionString(options.tablePort),
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { allStorage, tableStorage } from '../../scripts/storage';
import type { Part } from '../../scripts/system';
import { readSystemOptions, type SystemOptions } from '../../scripts/systemOptions';

const services: Record<string, (options: SystemOptions) => Part> = { tables: tableStorage, 'all services': allStorage };

/** Finds the last of many rows as Azurite's tables do, and tells how often a key of a row was looked at. */
const findRow = `
  import Loki from 'lokijs';
  const rows = new Loki('').addCollection('rows', { indices: ['PartitionKey', 'RowKey'] });
  const [all, name] = [10_000, process.argv.at(-1)];
  let looks = 0;
  for (let n = 1; n <= all; n++) {
    const key = 'key' + n;
    rows.insert(Object.defineProperty({ PartitionKey: 'same', RowKey: 'same' }, name, { get: () => (looks++, key) }));
  }
  looks = 0;
  const found = rows.findOne({ PartitionKey: 'same', RowKey: 'same', [name]: 'key' + all });
  console.log(JSON.stringify({ isFound: found[name] === 'key' + all, looks }));
`;

describe.each(Object.entries(services))('Azurite with %s, as it is started here', (_services, service) => {
  it.each(['RowKey', 'PartitionKey'])('finds a row by its %s without going through all others', async (name) => {
    const { command, args } = service(await readSystemOptions([]));
    const nodeArgs = args.slice(
      0,
      args.findIndex((arg) => arg.endsWith('.js')),
    );
    const program = ['--input-type=module', '--eval', findRow, name];
    const { stdout } = await promisify(execFile)(command, [...nodeArgs, ...program]);
    const { isFound, looks } = JSON.parse(stdout);
    expect(isFound).toBe(true);
    expect(looks).toBeLessThan(200);
  });
});

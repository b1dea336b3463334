#!/usr/bin/env bash
# azurite 3.35.0 (tables, lokijs 1.5.12): a row that is asked for by both of its keys is looked for in its whole partition, so a
# read, an insert or an update takes the longer the more rows its partition has; 100,000 inserts into four partitions took
# over three minutes of processor time. The collection has an index of each key, but lokijs uses that of the first filter
# alone, here the partition key. In Azure Table Storage the same request is a point query. Told is how many rows were compared
# with the row key for one read, in partitions of 100 and of 2,000 rows. Seen on Node 20. Exits 0 where that is still so.
set -euo pipefail
folder=$(mktemp -d)
azurite=
trap 'if [ -n "$azurite" ]; then kill "$azurite"; fi; rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund azurite@3.35.0 @azure/data-tables@13.3.2
# Counts the comparisons in Azurite's process, and writes their number down when it is asked.
cat >count.cjs <<'JS'
const { createRequire } = require('node:module');
const { LokiOps } = createRequire(require.resolve('azurite/package.json'))('lokijs');
const { $eq } = LokiOps;
let compared = 0;
LokiOps.$eq = (value, wanted) => {
  if (String(wanted).startsWith('row-')) compared++;
  return $eq(value, wanted);
};
process.on('SIGUSR2', () => {
  require('node:fs').writeFileSync('compared', `${compared}`);
  compared = 0;
});
JS
port=$(node -e "const s = require('node:net').createServer().listen(0, () => { console.log(s.address().port); s.close(); })")
node --require ./count.cjs node_modules/azurite/dist/src/table/main.js --tablePort "$port" --inMemoryPersistence --silent >azurite.log 2>&1 &
azurite=$!
for _ in $(seq 300); do
  if grep -q 'successfully started' azurite.log; then break; fi
  sleep 0.1
done
cat >finding.mjs <<'JS'
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { AzureNamedKeyCredential, TableClient } from '@azure/data-tables';
const [, , port, pid] = process.argv;
const account = 'devstoreaccount1';
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const url = `http://127.0.0.1:${port}/${account}`;
const options = { allowInsecureConnection: true };
const table = new TableClient(url, 'rows', new AzureNamedKeyCredential(account, key), options);
await table.createTable();
async function compared() {
  process.kill(Number(pid), 'SIGUSR2');
  while (!existsSync('compared') || readFileSync('compared', 'utf8') === '') await sleep(20);
  const count = readFileSync('compared', 'utf8');
  rmSync('compared');
  return count;
}
for (const [partitionKey, count] of [['small', 100], ['large', 2000]]) {
  for (let first = 0; first < count; first += 100) {
    const rows = Array.from({ length: 100 }, (_, n) => ({ partitionKey, rowKey: `row-${partitionKey}-${first + n}` }));
    await table.submitTransaction(rows.map((row) => ['create', row]));
  }
  await compared();
  await table.getEntity(partitionKey, `row-${partitionKey}-7`);
  console.log(`a row of ${count}: ${await compared()} compared`);
}
JS
node finding.mjs "$port" "$azurite" | tee seen
diff - seen <<'EXPECTED' && echo 'As described.'
a row of 100: 100 compared
a row of 2000: 2000 compared
EXPECTED

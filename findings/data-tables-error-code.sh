#!/usr/bin/env bash
# @azure/data-tables 13.3.2, against Azurite 3.35.0: a RestError tells its code in different places. Outside of a transaction
# `code` is undefined and the code stands in `details.errorCode`; in a transaction it is the other way round. So a test of one
# of the two misses half of the errors. Seen on Node 20. Exits 0 where that is still so.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "${azurite:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @azure/data-tables@13.3.2 azurite@3.35.0
port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
node node_modules/azurite/dist/src/table/main.js --inMemoryPersistence --disableTelemetry --skipApiVersionCheck --tablePort "$port" >azurite.log 2>&1 &
azurite=$!
for _ in $(seq 100); do
  if grep -q 'successfully' azurite.log; then break; fi
  sleep 0.2
done
cat >finding.js <<'JS'
const { AzureNamedKeyCredential, TableClient } = require('@azure/data-tables');
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const table = new TableClient(`http://127.0.0.1:${process.argv[2]}/devstoreaccount1`, 'finding',
  new AzureNamedKeyCredential('devstoreaccount1', key), { allowInsecureConnection: true });
const tell = (what) => ({ code, details }) => console.log(`${what}: code ${code}, details.errorCode ${details?.errorCode}`);
(async () => {
  await table.createTable();
  await table.createEntity({ partitionKey: 'p', rowKey: 'r' });
  await table.createEntity({ partitionKey: 'p', rowKey: 'r' }).catch(tell('alone'));
  await table.submitTransaction([['create', { partitionKey: 'p', rowKey: 'r' }]]).catch(tell('transaction'));
})();
JS
timeout 30 node finding.js "$port" | tee seen
diff - seen <<'EXPECTED' && echo 'As described.'
alone: code undefined, details.errorCode EntityAlreadyExists
transaction: code EntityAlreadyExists, details.errorCode undefined
EXPECTED

#!/usr/bin/env bash
# azure-iothub 1.16.6, Query: `next(callback)` goes on after the page before, `await next()` does not. Without a callback the
# query's own continuation token is passed over, so each call asks for the first page, `hasMoreResults` stays true, and the
# loop of the documentation, written with await, never ends. `nextAsTwin()` goes on in both forms. Seen on Node 20. Exits 0
# where that is still so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund azure-iothub@1.16.6
cat >finding.js <<'JS'
const { Query } = require('azure-iothub/dist/query.js');
// Two pages, as a hub answers them.
const pages = (token, done) => {
  const isFirst = !token;
  done(null, [{ deviceId: isFirst ? 'one' : 'two' }], { headers: isFirst ? { 'x-ms-continuation': 'T' } : {} });
};
const withCallback = (query) => new Promise((resolve) => query.next((_, rows) => resolve(rows)));
const withPromise = async (query) => (await query.next()).result;
const asTwins = async (query) => (await query.nextAsTwin()).result;
(async () => {
  for (const [what, next] of Object.entries({ withCallback, withPromise, asTwins })) {
    const query = new Query(pages, {});
    const seen = [];
    while (query.hasMoreResults && seen.length < 4) seen.push((await next(query))[0].deviceId);
    console.log(`${what}: ${seen.join(' ')}, more: ${query.hasMoreResults}`);
  }
})();
JS
timeout 30 node finding.js | tee seen
diff - seen <<'EXPECTED' && echo 'As described.'
withCallback: one two, more: false
withPromise: one one one one, more: true
asTwins: one two, more: false
EXPECTED

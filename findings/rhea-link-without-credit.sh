#!/usr/bin/env bash
# rhea 3.0.5: of two senders of one AMQP session, one that has no credit holds up the other. A message sent on the link whose
# receiver grants none waits, as it should; one sent after it on another link, whose receiver has granted ten, waits too, until
# the first link gets its credit. So who serves many links of a session must send on those alone that have credit. Seen on
# Node 20. Exits 0 where that is still so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund rhea@3.0.5
cat >finding.js <<'JS'
const rhea = require('rhea');
const server = rhea.create_container();
const senders = {};
server.on('sender_open', ({ sender }) => {
  senders[sender.source.address] = sender;
});
const listener = server.listen({ port: 0, host: '127.0.0.1' });
listener.on('listening', async () => {
  const connection = rhea.create_container().connect({ port: listener.address().port, reconnect: false });
  const seen = [];
  const receive = (address) =>
    connection.open_receiver({ source: address, credit_window: 0 }).on('message', () => seen.push(address));
  const without = receive('without credit');
  receive('with credit').add_credit(10);
  const turns = () => new Promise((resolve) => setTimeout(resolve, 300));
  await turns();
  senders['without credit'].send({ body: 'a' });
  senders['with credit'].send({ body: 'b' });
  await turns();
  console.log(`before: ${seen.join(', ') || 'nothing'}`);
  without.add_credit(1);
  await turns();
  console.log(`after: ${seen.join(', ')}`);
  connection.close();
  listener.close();
});
JS
timeout 20 node finding.js | tee seen
diff - seen <<'EXPECTED' && echo 'As described.'
before: nothing
after: without credit, with credit
EXPECTED

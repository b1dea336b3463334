#!/usr/bin/env bash
# @azure/functions 4.16.5: what the metadata of an Event Hubs trigger tells of events is not what was sent. Every name in it
# loses its first capital letter, those of the events' own properties too, so that of `Plant` and `plant` one is lost; and a
# partition key that is a JSON text is parsed: `1e3` is the number 1000, and of a key of 20 digits (as IoT Hub makes of such a
# device id) the last are gone. Seen on Node 20. The worker's side of the library is played by a few lines here. Exits 0 where
# that is still so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @azure/functions@4.16.5
mkdir node_modules/@azure/functions-core
cat >node_modules/@azure/functions-core/index.js <<'JS'
module.exports = {
  version: '3.10.1',
  setProgrammingModel(model) { module.exports.model = model; },
  registerFunction(metadata, callback) { Object.assign(module.exports, { metadata, callback }); },
  registerHook() {},
  log() {},
  Disposable: class {},
};
JS
cat >finding.js <<'JS'
const { app } = require('@azure/functions');
const worker = require('@azure/functions-core');
app.eventHub('relay', {
  connection: 'C', eventHubName: 'e', cardinality: 'many',
  handler: (_, { triggerMetadata }) => console.log(JSON.stringify(triggerMetadata)),
});
const { metadata, callback, model } = worker;
const name = Object.keys(metadata.bindings)[0];
const request = {
  inputData: [{ name, data: { collectionString: { string: ['{}'] } } }],
  triggerMetadata: {
    PartitionKeyArray: { collectionString: { string: ['Truck-1', '1e3', '12345678901234567890'] } },
    PropertiesArray: { json: JSON.stringify([{ Plant: 'Redmond43', plant: 'Redmond40' }]) },
  },
};
(async () => {
  const invocation = model.getInvocationModel({ invocationId: 'i', metadata, request, state: undefined });
  const { context, inputs } = await invocation.getArguments();
  await invocation.invokeFunction(context, inputs, callback);
})();
JS
timeout 30 node finding.js | tee seen
diff - seen <<'EXPECTED' && echo 'As described.'
{"partitionKeyArray":["Truck-1",1000,12345678901234567000],"propertiesArray":[{"plant":"Redmond40"}]}
EXPECTED

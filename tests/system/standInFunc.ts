import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { rootCertificates } from 'node:tls';
import { TableClient } from '@azure/data-tables';
import { QueueServiceClient } from '@azure/storage-queue';

/** What stands for `func start` in the tests: it looks at what it is given as the real host does, and tells what it finds. */
async function main(): Promise<void> {
  const { AzureWebJobsStorage: storage = '', SSL_CERT_FILE: bundle = '', TagJobs = '' } = process.env;
  console.log(`worker=${process.env.FUNCTIONS_WORKER_RUNTIME}`);
  console.log(`same storage=${new Set([storage, TagJobs, process.env.TWIN_TABLES_CONNECTION_STRING]).size === 1}`);

  const certificates = readFileSync(bundle, 'utf8');
  console.log(`certificates of others=${certificates.split('BEGIN CERTIFICATE').length > rootCertificates.length / 2}`);
  console.log(`certificates of the company=${certificates.includes('# of the company')}`);
  const topic = process.env.TWIN_CHANGES_TOPIC_ENDPOINT ?? '';
  console.log(`topic=${await statusOf(topic, certificates)}`);

  const queue = QueueServiceClient.fromConnectionString(TagJobs).getQueueClient('tag-jobs');
  console.log(`queue tag-jobs=${await queue.exists()}`);

  const [, blobs = ''] = /BlobEndpoint=([^;]+)/.exec(storage) ?? [];
  for (let poll = 0; poll < 20; poll++) await fetch(`${blobs}/azure-webjobs-hosts?restype=container`);
  console.log(`runs before this one=${await runsBefore(storage)}`);

  console.log('For detailed output, run func with --verbose flag.');
  setInterval(() => {}, 60_000);
}

function statusOf(url: string, ca: string): Promise<number | string | undefined> {
  return new Promise((resolve) => {
    get(url, { ca }, ({ statusCode }) => resolve(statusCode)).on('error', ({ message }) => resolve(message));
  });
}

/** Leaves a row behind for each run. */
async function runsBefore(storage: string): Promise<number> {
  const table = TableClient.fromConnectionString(storage, 'Runs', { allowInsecureConnection: true });
  await table.createTable();
  let runs = 0;
  for await (const _ of table.listEntities()) runs++;
  await table.createEntity({ partitionKey: 'run', rowKey: String(runs) });
  return runs;
}

void main();

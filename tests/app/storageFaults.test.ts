import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { QueueServiceClient } from '@azure/storage-queue';
import { Queue } from '../../src/azure/queue/queue';
import { tablesAt } from '../../src/azure/tables/tables';
import { startQueues, type TestStorage } from '../support/azurite';

const key = Buffer.from('secret').toString('base64');

/** Does what an app does with tables, and what it does with its queue, where the storage account is there. */
const attempts = (port: number) => {
  const url = `http://127.0.0.1:${port}/account`;
  const account = `DefaultEndpointsProtocol=http;AccountName=account;AccountKey=${key};TableEndpoint=${url};QueueEndpoint=${url};`;
  const address = { kind: 'key', connectionString: account } as const;
  return {
    tables: () => tablesAt(address).use('TagJobs', (table) => table.get('a', 'b')),
    queue: () => new Queue(address, 'tag-jobs').send({}),
  };
};

let storage: TestStorage;
let server: Server;
let port: number;
let [status, code] = [403, 'AuthenticationFailed'];

/** Refuses, and quotes the request, as the service does. */
beforeAll(async () => {
  storage = await startQueues();
  server = createServer(({ headers }, response) => {
    response.writeHead(status, { 'content-type': 'application/xml', 'x-ms-error-code': code });
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code>${headers.authorization}</Error>`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterAll(async () => {
  await storage.stop();
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});

it.each([
  [
    'tables',
    'TablesError',
    /^Table Storage, TagJobs: 403.*; the app needs the role Storage Table Data Contributor, or/,
  ],
  ['queue', 'QueueError', /^Queue Storage, tag-jobs: 403.*; the app needs the role Storage Queue Data Contributor, or/],
] as const)('%s that refuse the app name the role, and never what was sent', async (service, name, message) => {
  const error = await attempts(port)
    [service]()
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name, message: expect.stringMatching(message) });
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/SharedKey|secret/);
});

it.each([
  ['tables', 'TableBeingDeleted', /^Table Storage, TagJobs: 409 TableBeingDeleted; somebody deleted it/],
  ['queue', 'QueueBeingDeleted', /^Queue Storage, tag-jobs: 409 QueueBeingDeleted; somebody deleted it/],
] as const)('%s that cannot be made again yet are said to be deleted', async (service, name, message) => {
  [status, code] = [409, name];
  await expect(attempts(port)[service]()).rejects.toThrow(message);
});

it('a queue that somebody has deleted is made again', async () => {
  const queue = new Queue({ kind: 'key', connectionString: storage.connectionString }, 'tag-jobs');
  await queue.send({ n: 1 });
  const client = QueueServiceClient.fromConnectionString(storage.connectionString);
  await client.deleteQueue('tag-jobs');
  await queue.send({ n: 2 });
  const { receivedMessageItems } = await client.getQueueClient('tag-jobs').receiveMessages();
  const texts = receivedMessageItems.map(({ messageText }) => Buffer.from(messageText, 'base64').toString());
  expect(texts).toEqual(['{"n":2}']);
});

it.each([
  ['tables', /^Table Storage, TagJobs: ECONNREFUSED; is the storage account there and reachable\?$/],
  ['queue', /^Queue Storage, tag-jobs: \w+; is the storage account of TagJobs there and reachable\?$/],
] as const)('%s that are not there are to be looked for', async (service, message) => {
  await expect(attempts(1)[service]()).rejects.toThrow(message);
});

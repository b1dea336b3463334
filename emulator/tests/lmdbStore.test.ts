import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { LmdbStore } from '../src/store/lmdbStore';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hub-data-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

test('the data of an emulator that knew fewer kinds is taken over', async () => {
  const earlier = open({ path: join(dataDir, 'hub.mdb'), encoding: 'string', maxDbs: 3 });
  await earlier.put('format', '2');
  await earlier.openDB({ name: 'identity', encoding: 'string' }).put('device', '00000000');
  await earlier.close();
  const store = await LmdbStore.open(dataDir);
  expect([...store.all('identity')]).toEqual([['device', '']]);
  await store.put('message', 'device 1', 'text');
  expect([...store.all('message')]).toEqual([['device 1', 'text']]);
  await store.stop();
});

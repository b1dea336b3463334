import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import fc from 'fast-check';
import type { LmdbStore } from '../src/store/lmdbStore';
import { PatientStore } from '../src/store/patientStore';
import { type Cli, startCli } from './support/cli';
import { type RawRequest, rawRequest } from './support/rawRequest';
import { keyOf } from './support/sas';

/** What stands in for a full disk: a limit on the size of files, which another process sets and lifts. */
const canLimit = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0;

(canLimit ? describe : describe.skip)('an emulator whose disk is full', () => {
  let dir: string;
  let cli: Cli;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'full-'));
    await start();
  });
  afterAll(async () => {
    cli.process.kill('SIGKILL');
    await cli.ended;
    await rm(dir, { recursive: true });
  });

  async function start(): Promise<void> {
    cli = startCli(['--state-dir', join(dir, 'state'), '--data', join(dir, 'data'), '--device', 'd1']);
    await cli.ready();
  }

  async function send(request: RawRequest): Promise<number> {
    const { IOTHUB_CONNECTION_STRING = '' } = parseEnv(await readFile(join(dir, 'state', 'env'), 'utf8'));
    const ca = await readFile(join(dir, 'state', 'ca.pem'), 'utf8');
    const door = { port: cli.port('Service API'), ca, key: keyOf(IOTHUB_CONNECTION_STRING) };
    return (await rawRequest(door, request)).status;
  }

  const limitFiles = (bytes: number | 'unlimited') =>
    execFileSync('prlimit', ['--pid', `${cli.process.pid}`, `--fsize=${bytes}:`]);
  const register = (deviceId: string) =>
    send({ method: 'PUT', path: `/devices/${deviceId}`, body: JSON.stringify({ deviceId }) });
  const job = { type: 'scheduleUpdateTwin', updateTwin: { etag: '*', tags: {} }, queryCondition: '*' };

  test('refuses writes with 503 until there is room, reads on, says so once, and loses nothing', async () => {
    limitFiles(statSync(join(dir, 'data', 'hub.mdb')).size + 16 * 1024);
    const acknowledged: string[] = [];
    let status = 200;
    for (let n = 0; n < 500 && status === 200; n++) {
      status = await register(`device-${n}`);
      if (status === 200) acknowledged.push(`device-${n}`);
    }
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(status).toBe(503);
    expect(await register('refused')).toBe(503);
    expect(await send({ path: '/devices/refused' })).toBe(404);
    expect(await send({ method: 'PATCH', path: '/twins/d1', body: '{"tags":{"n":1}}' })).toBe(503);
    expect(await send({ method: 'DELETE', path: '/devices/d1', headers: { 'if-match': '*' } })).toBe(503);
    expect(await send({ method: 'PUT', path: '/jobs/v2/job', body: JSON.stringify({ jobId: 'job', ...job }) })).toBe(
      503,
    );
    expect(await send({ path: '/twins/d1' })).toBe(200);
    expect(await send({ method: 'POST', path: '/devices/query', body: '{"query":"SELECT * FROM devices"}' })).toBe(200);
    expect(cli.stdout().match(/^The disk of .*$/gm)).toEqual([
      `The disk of ${join(dir, 'data')} takes no more (File too large): writes are refused until it does, reads go on.`,
    ]);

    limitFiles('unlimited');
    while (!/takes writes again/.test(cli.stdout())) await once(cli.process.stdout as NodeJS.ReadableStream, 'data');
    expect(await register('after')).toBe(200);
    cli.process.kill('SIGKILL');
    await cli.ended;
    await start();
    for (const deviceId of [...acknowledged, 'after', 'd1']) {
      expect([deviceId, await send({ path: `/devices/${deviceId}` })]).toEqual([deviceId, 200]);
    }
  });
});

describe('what a disk refused', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'patient-'));
  beforeAll(() => jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance', 'queueMicrotask'] }));
  afterAll(() => {
    jest.useRealTimers();
    rmSync(dataDir, { recursive: true });
  });

  /** A disk that takes writes in their order, each or not. */
  class Disk {
    readonly texts = new Map<string, string>();
    constructor(private readonly takes: () => boolean) {}

    async put(_: string, key: string, text: string): Promise<void> {
      await this.#write(() => this.texts.set(key, text));
    }

    async delete(_: string, key: string): Promise<void> {
      await this.#write(() => this.texts.delete(key));
    }

    async #write(write: () => unknown): Promise<void> {
      const isTaken = this.takes();
      await new Promise(setImmediate);
      if (!isTaken) throw new Error('No space left on device: Attempting to write page');
      write();
    }
  }

  test('is there once there is room: the latest of each', async () => {
    const change = fc.record({
      key: fc.constantFrom('a', 'b'),
      isRemoved: fc.boolean(),
      isTaken: fc.boolean(),
      waits: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
        let isTaken = true;
        const lines: string[] = [];
        const disk = new Disk(() => isTaken);
        const store = new PatientStore(disk as unknown as LmdbStore, dataDir, (line) => lines.push(line));
        const memory = new Map<string, string>();
        const outcomes: Promise<unknown>[] = [];
        for (const [index, { key, isRemoved, waits, ...rest }] of changes.entries()) {
          isTaken = rest.isTaken;
          if (isRemoved) memory.delete(key);
          else memory.set(key, `${index}`);
          outcomes.push(isRemoved ? store.delete('identity', key) : store.put('identity', key, `${index}`));
          if (waits) await Promise.allSettled(outcomes);
        }
        const isRefused = (await Promise.allSettled(outcomes)).some(({ status }) => status === 'rejected');
        isTaken = true;
        jest.advanceTimersByTime(1000);
        for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
        expect(disk.texts).toEqual(memory);
        expect(lines).toHaveLength(isRefused ? 2 : 0);
        expect(() => store.check()).not.toThrow();
      }),
    );
  });
});

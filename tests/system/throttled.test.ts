import type { IotHubOptions } from 'iot-hub-emulator';
import { startEmulator, type TestEmulator } from '../../emulator/tests/support/emulator';
import { ManualClock } from '../../emulator/tests/support/manualClock';
import { endpoint } from '../../src/api/http/endpoint';
import { createServices, type Services } from '../../src/app/services';
import { readSettings } from '../../src/app/settings';
import { Hub } from '../../src/azure/hub/hub';
import { parseConnectionString } from '../../src/azure/hub/hubAddress';
import { HubConnection } from '../../src/azure/hub/hubConnection';
import { getTwin } from '../../src/functions/getTwin';
import { queryTwins } from '../../src/functions/queryTwins';
import { runTwinQueries } from '../../src/functions/runTwinQueries';
import { statistics } from '../../src/functions/statistics';
import { tagTwin } from '../../src/functions/tagTwin';
import { call, recordingContext } from '../app/functionCalls';

const json = { 'content-type': 'application/json' };

/** Half a minute past the burst of two minutes: from here on the hub refuses. */
const full = 150;

let clock: ManualClock;
let emulator: TestEmulator;
let services: Services;

afterEach(() => emulator.stop());

/** What the app's calls are given, in milliseconds: where the hub throttles they are repeated until then. */
const shortCall = 1500;
let longestCall: number;

/** A hub of one unit S1, whose time stands; and the app's services for it. */
async function start(options: IotHubOptions = {}): Promise<void> {
  longestCall = shortCall;
  clock = new ManualClock();
  emulator = await startEmulator({ sku: 'S1', units: 1, clock, devices: ['d1'], ...options });
  const IOTHUB_CONNECTION_STRING = emulator.hub.connectionString();
  const connection = new HubConnection(parseConnectionString(IOTHUB_CONNECTION_STRING), {
    ca: emulator.hub.caCertificate,
  });
  services = {
    ...createServices(readSettings({ IOTHUB_CONNECTION_STRING })),
    hub: (deadlineMs) => new Hub(connection, Math.min(deadlineMs, longestCall)),
  };
}

async function runAhead(operation: string, aheadSeconds: number): Promise<void> {
  const body = JSON.stringify({ operation, aheadSeconds });
  const put = { method: 'PUT', path: '/admin/throttling', headers: json, body };
  expect(await emulator.request(put)).toMatchObject({ status: 200 });
}

async function counts(kind: string): Promise<{ served: number; delayed: number; refused: number }> {
  const { text } = await emulator.request({ path: '/admin/throttling' });
  return JSON.parse(text).find((each: { kind: string }) => each.kind === kind);
}

const params = { deviceId: 'd1' };
const tag = () =>
  call(endpoint(tagTwin, services), { method: 'PATCH', headers: json, params, body: { string: '{"plant":"P1"}' } });

const functions: [name: string, operation: string, answer: () => ReturnType<typeof tag>][] = [
  ['tagTwin', 'twinUpdate', tag],
  ['getTwin', 'twinRead', () => call(endpoint(getTwin, services), { method: 'GET', params })],
  ['queryTwins', 'query', () => call(endpoint(queryTwins, services), { method: 'GET' })],
  ['statistics', 'registry', () => call(endpoint(statistics, services), { method: 'GET' })],
];

describe('a function whose calls the hub throttles', () => {
  it.each(functions)(
    '%s answers 429 with Retry-After, once its own attempts are over',
    async (_, operation, answer) => {
      await start();
      await runAhead(operation, full);
      expect(await answer()).toMatchObject({
        status: 429,
        headers: { 'content-type': 'application/problem+json', 'retry-after': '10' },
        body: {
          type: 'urn:device-twins:problem:hub-throttling',
          status: 429,
          title: expect.any(String),
          detail: expect.stringContaining('repeat this one later'),
        },
      });
      const { served, refused } = await counts(operation);
      expect(served).toBe(0);
      // It was repeated, and not in a storm.
      expect(refused).toBeGreaterThan(0);
      expect(refused).toBeLessThan(15);
    },
  );

  it.each(functions)('%s answers late where the hub only holds it up', async (_, operation, answer) => {
    await start();
    await runAhead(operation, 126);
    const answered = answer();
    while ((await counts(operation)).delayed === 0);
    await clock.advance(1000);
    expect(await answered).toMatchObject({ status: 200 });
  });

  it('passes on what the hub says of Retry-After, should it ever', async () => {
    await start({ retryAfterSeconds: 20 });
    await runAhead('twinUpdate', full);
    expect(await tag()).toMatchObject({ status: 429, headers: { 'retry-after': '20' } });
    expect(await counts('twinUpdate')).toMatchObject({ refused: 1 });
  });

  it('serves again when the hub does', async () => {
    await start();
    await runAhead('twinUpdate', full);
    expect(await tag()).toMatchObject({ status: 429 });
    await clock.advance(60_000);
    expect(await tag()).toMatchObject({ status: 200, body: { tags: { plant: 'P1' } } });
  });
});

describe('a function whose hub fails', () => {
  it.each(functions)('%s answers 503 with Retry-After where it is down', async (_, operation, answer) => {
    await start();
    emulator.hub.faults.add({ operation: operation as 'query', count: 5, fault: { kind: 'status', status: 503 } });
    expect(await answer()).toMatchObject({
      status: 503,
      headers: { 'content-type': 'application/problem+json', 'retry-after': '5' },
      body: { type: 'urn:device-twins:problem:hub-unavailable', status: 503 },
    });
    expect(await answer()).toMatchObject({ status: 200 });
  });

  it('tags all the same where the first answer is lost on the way', async () => {
    await start();
    emulator.hub.faults.add({ operation: 'twinUpdate', fault: { kind: 'cut', when: 'after' } });
    expect(await tag()).toMatchObject({ status: 200, body: { tags: { plant: 'P1' } } });
  });

  it('answers 503 to an answer that is broken, and does not repeat what was done', async () => {
    await start();
    emulator.hub.faults.add({ operation: 'twinUpdate', fault: { kind: 'malformed' } });
    expect(await tag()).toMatchObject({ status: 503 });
    expect(await counts('twinUpdate')).toMatchObject({ served: 1 });
  });

  it('says that the messages of the day are used up, as a fault that repeating does not mend', async () => {
    await start();
    const body = JSON.stringify({ used: 400_000 });
    await emulator.request({ method: 'PUT', path: '/admin/quota', headers: json, body });
    expect(await tag()).toMatchObject({ status: 500, body: { detail: expect.stringContaining('used up') } });
    expect(await counts('twinUpdate')).toMatchObject({ served: 1 });
  });
});

describe('runTwinQueries on a hub that throttles', () => {
  it('logs each query that failed, fails its invocation, and succeeds the next time', async () => {
    await start();
    await runAhead('query', full);
    const { context, logged } = recordingContext();
    await expect(runTwinQueries(context, services)).rejects.toThrow('No query succeeded');
    expect(logged).toEqual([
      expect.stringContaining('registry: 1 devices'),
      expect.stringMatching(/^error: devices in Redmond43: the query failed\..*throttling/s),
      expect.stringMatching(/^error: devices in Redmond43 using cellular: the query failed\..*throttling/s),
    ]);

    await clock.advance(60_000);
    // The app's own pace recovers by the clock of this machine; the timer gives its calls the time for it.
    longestCall = 25_000;
    const again = recordingContext();
    await runTwinQueries(again.context, services);
    expect(again.logged.at(-1)).toContain('devices in Redmond43 using cellular: 0');
  });

  it('runs the second query where only the first is refused, and both where the registry is', async () => {
    await start();
    await runAhead('registry', full);
    emulator.hub.faults.add({ operation: 'query', fault: { kind: 'status', status: 401 } });
    const { context, logged } = recordingContext();
    await runTwinQueries(context, services);
    expect(logged).toEqual([
      expect.stringMatching(/^warn.*no statistics.*throttling/),
      expect.stringMatching(/^error: devices in Redmond43: the query failed/),
      expect.stringContaining('devices in Redmond43 using cellular: 0'),
    ]);
  });
});

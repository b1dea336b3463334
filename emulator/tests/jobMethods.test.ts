import { parseIdentityInput } from '../src/hub/identity';
import { Hub } from '../src/iotHub';
import { parseJobRequest } from '../src/jobs/jobRequest';
import type { Json, JsonObject } from '../src/service/types';
import type { Store } from '../src/store/store';

/** A hub whose devices answer methods as the test says, apart from the door that they come through. */
function hubOf(
  deviceIds: string[],
  answer: (deviceId: string) => { status: number; payload: Json } | 'silent',
  kept = new Map<string, string>(),
) {
  const key = Buffer.alloc(32).toString('base64');
  const makeKeys = () => ({ primaryKey: key, secondaryKey: key });
  const hub = new Hub({ hostName: 'localhost', makeKeys, store: storeIn(kept) });
  const online = new Set<string>();
  const called: string[] = [];
  hub.methods.deliverTo((id, { requestId, methodName, payload }) => {
    if (!online.has(id)) return false;
    called.push(`${id} ${methodName} ${JSON.stringify(payload)}`);
    const answered = answer(id);
    if (answered !== 'silent') {
      const { status, payload } = answered;
      setImmediate(() => hub.methods.answer(id, requestId, status, Buffer.from(JSON.stringify(payload))));
    }
    return true;
  });
  hub.jobs.start();
  return {
    hub,
    called,
    kept,
    async register() {
      for (const id of deviceIds) await hub.registry.create(id, parseIdentityInput({}));
    },
    connect(id: string) {
      online.add(id);
      hub.methods.listening(id);
    },
  };
}

/** A store whose keys are those of the kind behind its name. */
function storeIn(kept: Map<string, string>): Store {
  return {
    *all(kind) {
      for (const [key, text] of kept) if (key.startsWith(`${kind} `)) yield [key.slice(kind.length + 1), text];
    },
    check() {},
    put: async (kind, key, text) => void kept.set(`${kind} ${key}`, text),
    delete: async (kind, key) => void kept.delete(`${kind} ${key}`),
  };
}

const call = { methodName: 'reboot', payload: { now: true }, responseTimeoutInSeconds: 5 };
const request = (jobId: string, more: JsonObject = {}) =>
  parseJobRequest(jobId, {
    type: 'scheduleDeviceMethod',
    queryCondition: 'is_defined(deviceId)',
    cloudToDeviceMethod: call,
    maxExecutionTimeInSeconds: 60,
    ...more,
  });

/** Looks at a job, turn by turn of the event loop, until it is as wanted. */
async function jobThat(hub: Hub, jobId: string, isWanted: (job: JsonObject) => boolean): Promise<JsonObject> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const job = hub.jobs.find(jobId);
    if (job && isWanted(job)) return job;
    // Nothing else would end this: it waits for no connection that a test closes.
    if (performance.now() > deadline) throw new Error(`The job stays as it is: ${JSON.stringify(job)}`);
    await new Promise(setImmediate);
  }
}

const rowsOf = async (hub: Hub) => (await hub.query('SELECT * FROM devices.jobs', {})).items;

it('a method job calls each device and keeps its answer, whatever its status', async () => {
  const fleet = hubOf(['a', 'b'], (id) => ({ status: id === 'a' ? 200 : 500, payload: { from: id } }));
  await fleet.register();
  fleet.connect('a');
  fleet.connect('b');
  await fleet.hub.jobs.create(request('reboot'));
  const job = await jobThat(fleet.hub, 'reboot', ({ status }) => status === 'completed');
  expect(job).toMatchObject({ deviceJobStatistics: { deviceCount: 2, succeededCount: 2, failedCount: 0 } });
  expect(fleet.called.sort()).toEqual(['a reboot {"now":true}', 'b reboot {"now":true}']);
  expect(await rowsOf(fleet.hub)).toMatchObject([
    { deviceId: 'a', outcome: { deviceMethodResponse: { status: 200, payload: { from: 'a' } } } },
    { deviceId: 'b', outcome: { deviceMethodResponse: { status: 500, payload: { from: 'b' } } } },
  ]);
  await fleet.hub.jobs.stop();
});

it('a device that comes online later is called then, once; others are not held up', async () => {
  const fleet = hubOf(['here', 'later'], () => ({ status: 200, payload: null }));
  await fleet.register();
  fleet.connect('here');
  await fleet.hub.jobs.create(request('wait'));
  const waiting = await jobThat(fleet.hub, 'wait', ({ deviceJobStatistics }) =>
    JSON.stringify(deviceJobStatistics ?? {}).includes('"succeededCount":1'),
  );
  expect(waiting).toMatchObject({ status: 'running', deviceJobStatistics: { pendingCount: 1 } });
  fleet.connect('later');
  await jobThat(fleet.hub, 'wait', ({ status }) => status === 'completed');
  expect(fleet.called).toHaveLength(2);
  await fleet.hub.jobs.stop();
});

it('a job whose search was cut off by the end of the process looks for its devices again', async () => {
  const { hub, register, kept } = hubOf(['a'], () => 'silent');
  await register();
  await hub.jobs.stop();
  const { startTime: _, ...asked } = request('cut');
  const created = '2026-01-01T00:00:00Z';
  const state = { ...asked, ordinal: 1, status: 'queued', createdTime: created, startTime: created };
  const stale = { ordinal: 2, deviceId: 'gone', status: 'pending', createdTime: created, lastUpdatedTime: created };
  kept.set('job cut', JSON.stringify(state));
  for (const block of ['cut/0', 'cut/1']) kept.set(`job ${block}`, JSON.stringify([stale]));
  const again = hubOf([], () => ({ status: 200, payload: null }), kept);
  again.connect('a');
  const job = await jobThat(again.hub, 'cut', ({ status }) => status === 'completed');
  expect(job).toMatchObject({ deviceJobStatistics: { deviceCount: 1, succeededCount: 1 } });
  expect([...kept.keys()].filter((key) => key.startsWith('job ')).sort()).toEqual(['job cut', 'job cut/0']);
  await again.hub.jobs.stop();
});

it('a device that does not answer in time has failed', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] });
  try {
    const fleet = hubOf(['mute'], () => 'silent');
    await fleet.register();
    fleet.connect('mute');
    await fleet.hub.jobs.create(request('silence'));
    // The job's start is a time of the service, which goes on while the clock stands: it may be milliseconds ahead.
    jest.advanceTimersByTime(100);
    await jobThat(fleet.hub, 'silence', () => fleet.called.length === 1);
    jest.advanceTimersByTime(5000);
    await jobThat(fleet.hub, 'silence', ({ status }) => status === 'completed');
    expect(await rowsOf(fleet.hub)).toMatchObject([{ status: 'failed', error: { code: 'GatewayTimeout' } }]);
    await fleet.hub.jobs.stop();
  } finally {
    jest.useRealTimers();
  }
});

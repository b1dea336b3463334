import fc from 'fast-check';
import { plainIdentity } from '../src/hub/identity';
import { Hub } from '../src/iotHub';
import { HubError } from '../src/service/hubError';
import { isObject } from '../src/service/json';
import type { Json } from '../src/service/types';
import { startEmulator, type TestEmulator } from './support/emulator';
import { ManualClock } from './support/manualClock';

const lag = 5000;

describe('with --query-lag, under azure-iothub', () => {
  let emulator: TestEmulator;
  let clock: ManualClock;

  beforeEach(async () => {
    clock = new ManualClock();
    emulator = await startEmulator({ queryLagMs: lag, clock, devices: ['d1'] });
  });
  afterEach(() => emulator.stop());

  async function ids(condition = ''): Promise<string[]> {
    const { result } = await emulator.registry().createQuery(`SELECT * FROM devices ${condition}`).next('');
    return result.map(({ deviceId }: { deviceId: string }) => deviceId);
  }

  it('what was there at the start is seen', async () => {
    expect(await ids()).toEqual(['d1']);
  });

  it('a new device can be read at once, and is found when the lag is over', async () => {
    await emulator.registry().create({ deviceId: 'd2' });
    expect((await emulator.registry().getTwin('d2')).responseBody).toMatchObject({ deviceId: 'd2' });
    await clock.advance(lag - 1);
    expect(await ids()).toEqual(['d1']);
    await clock.advance(1);
    expect(await ids()).toEqual(['d1', 'd2']);
  });

  it('a deleted device cannot be read, and is found and counted until the lag is over', async () => {
    await emulator.registry().delete('d1');
    await expect(emulator.registry().getTwin('d1')).rejects.toMatchObject({ name: 'DeviceNotFoundError' });
    const count = emulator.registry().createQuery('SELECT COUNT() AS n FROM devices');
    expect((await count.next('')).result).toEqual([{ n: 1 }]);
    expect(await ids()).toEqual(['d1']);
    await clock.advance(lag);
    expect(await ids()).toEqual([]);
  });

  it('a changed tag is found by its old value, then by its new one', async () => {
    await emulator.registry().updateTwin('d1', { tags: { plant: 'old' } }, '*');
    await clock.advance(lag);
    await emulator.registry().updateTwin('d1', { tags: { plant: 'new' } }, '*');
    expect((await emulator.registry().getTwin('d1')).responseBody.tags).toEqual({ plant: 'new' });
    expect([await ids("WHERE tags.plant = 'old'"), await ids("WHERE tags.plant = 'new'")]).toEqual([['d1'], []]);
    await clock.advance(lag);
    expect([await ids("WHERE tags.plant = 'old'"), await ids("WHERE tags.plant = 'new'")]).toEqual([[], ['d1']]);
  });
});

interface Step {
  what: 'create' | 'remove' | 'tag' | 'report' | 'connect';
  device: number;
  /** Whether it is about a module on the device. */
  module: boolean;
  value: number;
  /** How long after the step before, in milliseconds. */
  after: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom('create', 'create', 'remove', 'tag', 'tag', 'report', 'connect'),
  device: fc.integer({ min: 0, max: 3 }),
  module: fc.boolean(),
  value: fc.integer({ min: 0, max: 2 }),
  after: fc.integer({ min: 0, max: 2500 }),
});

async function take(hub: Hub, { what, device, module, value }: Step): Promise<void> {
  const id = module ? `d${device}/m` : `d${device}`;
  switch (what) {
    case 'create':
      await hub.registry.create(id, plainIdentity);
      break;
    case 'remove':
      await hub.registry.remove(id, '*');
      break;
    case 'tag':
      await hub.patchTwin(id, { tags: { value } });
      break;
    case 'report':
      await hub.patchReported(id, { value });
      break;
    case 'connect':
      hub.setConnectionState(id, value > 0);
  }
}

function expectRefusal(error: unknown): void {
  expect(error).toBeInstanceOf(HubError);
}

const queries = [
  'SELECT * FROM devices',
  'SELECT * FROM devices.modules',
  'SELECT COUNT() AS n FROM devices',
  'SELECT * FROM devices WHERE tags.value = 1',
  'SELECT * FROM devices.modules WHERE tags.value = 1',
  'SELECT * FROM devices WHERE properties.reported.value = 2 AND tags.value = 1',
  "SELECT * FROM devices WHERE deviceId = 'd1'",
  "SELECT * FROM devices.modules WHERE deviceId = 'd1'",
  "SELECT * FROM devices WHERE connectionState = 'Connected'",
];

/** What queries of a hub find, without what differs from one hub to another: times, and etags of identities. */
function answers(hub: Hub): Promise<object[][]> {
  return Promise.all(queries.map(async (query) => (await hub.query(query, {})).items.map(essence)));
}

function essence(item: Json): object {
  const { n, deviceId, moduleId, tags, version, connectionState, properties } = isObject(item) ? item : {};
  const reported = isObject(properties) && isObject(properties.reported) ? properties.reported.value : undefined;
  return { n, deviceId, moduleId, tags, version, connectionState, reported };
}

const makeKeys = () => ({ primaryKey: '', secondaryKey: '' });

test('whatever happens when: queries answer what they would have answered that long ago', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const clock = new ManualClock();
      const late = new Hub({ hostName: 'localhost', makeKeys });
      late.delayQueries(lag, clock);
      // Lives through the same, and its queries see the present.
      const prompt = new Hub({ hostName: 'localhost', makeKeys });
      const past = [{ from: 0, answers: await answers(prompt) }];
      for (const each of steps) {
        await clock.advance(each.after);
        // Some steps are about what is not there.
        for (const hub of [late, prompt]) await take(hub, each).catch(expectRefusal);
        past.push({ from: clock.now(), answers: await answers(prompt) });
        expect(await answers(late)).toEqual(past.findLast(({ from }) => from <= clock.now() - lag)?.answers);
      }
    }),
    { numRuns: 150 },
  );
}, 60_000);

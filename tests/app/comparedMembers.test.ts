import { allButDate } from './functionCalls';
import { type MembersSetup, startMembers } from './membersSetup';

// What the comparison with the hub finds where events told nothing, something else, or what cannot be.

let members: MembersSetup;
let options: Parameters<typeof startMembers>[0];

beforeEach(async () => {
  options = {};
});
afterEach(() => members.emulator.stop());

const start = async () => {
  members = await startMembers(options);
};
const lastLine = async () => (await members.run()).at(-1);
const at = (plant: string) => ({ location: { plant } });
const desired = (connectivity: string | null) => ({ properties: { desired: { connectivity } } });
const hour = 3_600_000;
/** A time so far from now, as the hub writes it. */
const timeIn = (ms: number) => new Date(Date.now() + ms).toISOString().replace('Z', '0000Z');

describe('what no event told', () => {
  beforeEach(async () => {
    await start();
    await members.create('a');
    await members.patch('a', desired('wifi'));
    await members.tag('a', 'PlantA');
    // As where the app came when the device was there already: only its tags were told.
    await members.tell('a', { tags: at('PlantA') });
  });

  test('is taken from the list of the hub', async () => {
    expect(await members.present('PlantA')).toEqual(['a']);
    expect(await lastLine()).toBe(
      'information: members: put right a | listed=1 whole=true repaired=1 unread=0 drift=0',
    );
    expect(await members.present('PlantA', 'wifi')).toEqual(['a']);
    expect(await lastLine()).toContain('put right none');
  });

  test('is known before the device has a location', async () => {
    await members.create('b');
    await members.patch('b', desired('lora'));
    await members.run();
    await members.tell('b', { tags: at('PlantA') });
    expect(await members.present('PlantA', 'lora')).toEqual(['b']);
  });

  test('yields to any event, whatever its time', async () => {
    await members.run();
    await members.tell('a', { desired: { connectivity: 'cellular' } }, '2024-01-01T00:00:00.0000000Z');
    expect(await members.present('PlantA', 'cellular')).toEqual(['a']);
    expect(await members.present('PlantA', 'wifi')).toEqual([]);
  });
});

test("a connectivity that is kept and not the hub's counts as drift", async () => {
  options = { devices: ['a'], queryLagMs: hour };
  await start();
  await members.tag('a', 'PlantA');
  await members.patch('a', desired('wifi'));
  await members.tell('a', { tags: at('PlantA'), desired: { connectivity: 'wifi' } });
  expect(await lastLine()).toContain('drift=2');
});

describe('a difference to the counts of the hub', () => {
  const warning = async () => (await members.run()).find((line) => line.startsWith('warn'));

  beforeEach(async () => {
    options = { devices: ['a'], queryLagMs: hour };
    await start();
  });

  test('is a warning where it stays for three runs', async () => {
    await members.tell('a', { tags: at('PlantA'), desired: { connectivity: 'wifi' } });
    await members.tag('a', 'PlantA');
    await members.patch('a', desired('wifi'));
    expect([await warning(), await warning()]).toEqual([undefined, undefined]);
    expect(await warning()).toBe(
      'warning: members: drift stays, the hub counts in location PlantA -1, connectivity wifi -1 | drift=2 runs=3',
    );
  });

  test('is none where it comes and goes', async () => {
    for (const plant of ['PlantA', 'PlantB', 'PlantC', 'PlantD']) {
      await members.tag('a', plant);
      await members.tell('a', { tags: at(plant) });
      expect(await warning()).toBeUndefined();
    }
  });
});

test('what events told is not undone by a list that is older, and who was deleted does not come back', async () => {
  options = { devices: ['a', 'b'], queryLagMs: hour };
  await start();
  await members.tag('a', 'Redmond44');
  await members.tell('a', { tags: at('Redmond44') });
  await members.emulator.registry().delete('b');
  await members.tell('b', 'Deleted');
  expect(await lastLine()).toContain('put right none');
  expect(await members.present('Redmond44')).toEqual(['a']);
});

test('a device that was made again is put right, although its versions began again', async () => {
  await start();
  await members.create('a');
  for (const plant of ['Redmond41', 'Redmond42', 'Redmond43']) await members.tag('a', plant);
  await members.tell('a', { tags: at('Redmond43') });
  await members.emulator.registry().delete('a');
  await members.create('a');
  await members.tag('a', 'Redmond44');
  expect(await lastLine()).toContain('put right a | listed=1 whole=true repaired=1');
  expect([await members.present('Redmond43'), await members.present('Redmond44')]).toEqual([[], ['a']]);
});

test('comparedAt does not move before each difference was looked at', async () => {
  options = { simulated: 101 };
  await start();
  const ids = Array.from({ length: 101 }, (_, n) => `sim-${String(n + 1).padStart(6, '0')}`);
  for (const id of ids) await members.tell(id, { tags: at('Elsewhere') });
  expect(await lastLine()).toMatch(/whole=false repaired=100 unread=1 /);
  expect(await members.comparedAt()).toBeNull();
  expect(await lastLine()).toMatch(/whole=true repaired=1 unread=0 drift=0/);
  expect(await members.comparedAt()).toMatch(/^\d{4}-/);
});

describe("moments are the hub's", () => {
  afterEach(() => void jest.useRealTimers());

  test('an app whose clock is ahead does not keep events from being heard', async () => {
    await start();
    await members.create('a');
    await members.tell('a', { tags: at('Redmond42') });
    await members.tag('a', 'Redmond43');
    jest.useFakeTimers({
      now: Date.now() + hour,
      doNotFake: [...allButDate],
    });
    expect(await lastLine()).toContain('put right a');
    jest.useRealTimers();
    await members.tell('a', { tags: at('Redmond44') }, timeIn(2000));
    expect(await members.present('Redmond44')).toEqual(['a']);
  });

  test('one that cannot be yet is put right by a read of the twin, and told so once', async () => {
    await start();
    await members.create('a');
    await members.tell('a', { tags: at('Redmond42') }, '9999-01-01T00:00:00.0000000Z');
    await members.tag('a', 'Redmond43');
    expect(await lastLine()).toContain('put right a | listed=1 whole=true repaired=1');
    expect(await members.present('Redmond43')).toEqual(['a']);
    expect(await lastLine()).toContain('put right none');
    await members.tell('a', { tags: at('Redmond44') }, timeIn(2000));
    expect(await members.present('Redmond44')).toEqual(['a']);
  });
});

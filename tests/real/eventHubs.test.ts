import { startEmulator, type TestEmulator } from '../../emulator/tests/support/emulator';
import { send } from '../../emulator/tests/support/eventHubs';
import { buildReal, describeReal } from './dotnet';
import { type ReadPartition, readReal } from './reading';
import { killReal, type RealProcess, runReal, startReal } from './realProcess';

const hubs = ['types', 'keys', 'order', 'shared'].map((name) => ({
  name,
  partitionCount: 4,
  retentionHours: 1,
  consumerGroups: ['relay'],
}));

const ids = ['0', '1', '2', '3'];

describeReal('the Event Hubs client of .NET', () => {
  let emulator: TestEmulator;
  let connectionString: string;

  beforeAll(async () => {
    buildReal();
    emulator = await startEmulator({ topology: { routes: [], eventHubs: { connectionSetting: 'EventHubs', hubs } } });
    connectionString = emulator.hub.env.EventHubs ?? '';
  }, 120_000);
  afterEach(killReal);
  afterAll(() => emulator.stop());

  const sendReal = (hub: string, events: object[]) => runReal(['send', connectionString, hub], events);

  test('reads what it sent: body, key and properties of every type', async () => {
    const properties = {
      text: { type: 'string', text: 'é' },
      yes: { type: 'bool', text: 'true' },
      byte: { type: 'byte', text: '255' },
      int: { type: 'int', text: '-1' },
      long: { type: 'long', text: '9007199254740993' },
      ulong: { type: 'ulong', text: '18446744073709551615' },
      double: { type: 'double', text: '0.1' },
      float: { type: 'float', text: '0.1' },
      decimal: { type: 'decimal', text: '1.5' },
      char: { type: 'char', text: 'x' },
      guid: { type: 'Guid', text: '0af76519-16cd-43dd-8448-eb211c80319c' },
      time: { type: 'DateTime', text: '2026-11-28T21:32:16.882Z' },
      span: { type: 'TimeSpan', text: '01:02:03' },
      uri: { type: 'Uri', text: 'https://host/' },
      bytes: { type: 'byte[]', text: 'aHVi' },
    };
    const sent = await sendReal('types', [{ body: '{ "a": 1.0 }', partitionKey: 'k', properties }]);
    expect(sent).toEqual([{ partitions: ids }]);
    const [{ bodies, metadata } = {} as ReadPartition] = await readReal(connectionString, 'types', 1);
    expect(bodies).toEqual(['{ "a": 1.0 }']);
    expect(metadata.partitionKeyArray).toBe('["k"]');
    expect(metadata.propertiesArray).toBe(
      '[{"text":"é","yes":true,"byte":255,"int":-1,"long":9007199254740993,"ulong":18446744073709551615,"double":0.1,' +
        '"float":0.1,"decimal":1.5,"char":"x","guid":"0af76519-16cd-43dd-8448-eb211c80319c",' +
        '"time":"2026-11-28T21:32:16.882Z","span":"01:02:03","uri":"https://host/","bytes":"aHVi"}]',
    );
  });

  test('finds events of one key in one partition, whichever of its producers sent them', async () => {
    const keys = ['a', 'key', 'device-1', 'ключ', 'x'.repeat(128)];
    const events = keys.flatMap((partitionKey) =>
      [false, true].map((isBuffered) => ({ body: partitionKey, partitionKey, isBuffered })),
    );
    await sendReal('keys', events);
    const partitions = await readReal(connectionString, 'keys', events.length);
    const placesOf = (key: string) =>
      partitions.filter(({ bodies }) => bodies.includes(key)).map((each) => each.partition);
    expect(keys.map(placesOf)).toEqual(keys.map(() => [expect.any(String)]));
  });

  test('reads in order, and knows the last of a partition', async () => {
    const events = Array.from({ length: 50 }, (_, index) => ({ body: `${index}`, partitionKey: 'k' }));
    await sendReal('order', events);
    const [{ bodies, metadata, last } = {} as ReadPartition] = await readReal(connectionString, 'order', 50);
    expect(bodies).toEqual(events.map(({ body }) => body));
    const numbers = JSON.parse(metadata.sequenceNumberArray ?? '') as number[];
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
    expect(last).toBe(numbers.at(-1));
    expect(metadata.offsetArray).toBe(JSON.stringify(numbers.map(String)));
  });

  test('shares the partitions among two processors, and goes on from their checkpoints', async () => {
    /** Sends an event to each partition; answers their bodies. */
    const sendRound = async (name: string) => {
      const to = { connectionString, eventHub: 'shared' };
      await Promise.all(ids.map((partitionId) => send(to, [`${name} ${partitionId}`], { partitionId })));
      return ids.map((id) => `"${name} ${id}"`);
    };
    const first = await sendRound('first');
    const processors = startReal(['process', connectionString, 'shared', 'relay']);
    const seen = new Map<string, string>();
    const { shares = {} } = await until(processors, seen, ({ event }) => event === 'balanced');
    expect(Object.keys(shares).sort()).toEqual(['first', 'second']);
    expect(Object.values(shares).flat().sort()).toEqual(ids);

    // A processor may go on for a moment with a partition that the other one has claimed.
    const owners = ids.map((id) => (shares.first?.includes(id) ? 'first' : 'second'));
    for (let round = 0, by: unknown[] = []; `${by}` !== `${owners}`; round++) {
      const bodies = [...first, ...(await sendRound(`${round}`))];
      await until(processors, seen, () => bodies.every((body) => seen.has(body)));
      by = bodies.slice(-ids.length).map((body) => seen.get(body));
    }

    processors.send('stop');
    await until(processors, seen, ({ event }) => event === 'stopped');
    const last = await sendRound('last');
    processors.send('go on');
    const rest = new Map<string, string>();
    await until(processors, rest, () => rest.size === ids.length);
    expect([...rest].sort()).toEqual(last.map((body) => [body, 'third']));
    expect(await processors.end()).toEqual([]);
  }, 60_000);
});

/** What processors write. */
interface Told {
  event: string;
  by?: string;
  body?: string;
  shares?: Record<string, string[]>;
}

/** Takes lines up to one that is waited for, and notes who processed what. */
async function until(from: RealProcess, seen: Map<string, string>, isLast: (line: Told) => boolean): Promise<Told> {
  for (;;) {
    const line = await from.next<Told>();
    if (line.event === 'error') throw new Error(JSON.stringify(line));
    if (line.event === 'processed') seen.set(line.body ?? '', line.by ?? '');
    if (isLast(line)) return line;
  }
}

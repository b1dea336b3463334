import { createServices } from '../../src/app/services';
import { readSettings } from '../../src/app/settings';
import { SeenEvents } from '../../src/changes/seenEvents';
import type { TwinEvent } from '../../src/changes/twinEvent';
import { onTwinChange } from '../../src/functions/onTwinChange';
import { relayTwinChanges } from '../../src/functions/relayTwinChanges';
import { recordingContext } from './functionCalls';

const services = createServices(
  readSettings({
    IOTHUB_HOSTNAME: 'hub.azure-devices.net',
    TwinChangesTopic__topicEndpointUri: 'https://topic.example/api/events',
  }),
);
const time = '2022-06-01T22:27:50.2612586Z';
const properties = { hubName: 'hub', deviceId: 'd1', operationTimestamp: time, opType: 'updateTwin' };
const update = {
  version: 7,
  tags: { site: 'A' },
  properties: {
    desired: {
      rate: 5,
      o: { gone: null },
      $metadata: { $lastUpdated: time, rate: { $lastUpdated: time } },
      $version: 6,
    },
  },
};

async function relay(messages: unknown[], propertiesArray: unknown[]) {
  const { context, logged } = recordingContext({
    propertiesArray,
    sequenceNumberArray: messages.map((_, index) => 40 + index),
    partitionContext: { partitionId: '3' },
  });
  return { events: await relayTwinChanges(messages, context, services), logged };
}

describe('relayTwinChanges', () => {
  it('makes an update a CloudEvent without metadata', async () => {
    expect(await relay([update], [properties])).toEqual({
      logged: ['information: relaying 1 of 1 notifications | partition=3'],
      events: [
        {
          specversion: '1.0',
          id: `hub/d1//${time}/7`,
          source: 'iothub/hub',
          subject: 'devices/d1',
          time,
          type: 'DeviceTwins.TwinChanged',
          data: { operation: 'update', version: 7, tags: { site: 'A' }, desired: { rate: 5, o: { gone: null } } },
        },
      ],
    });
  });

  it('makes a replacement of a module twin an event about the module', async () => {
    const body = {
      deviceId: 'd1',
      moduleId: 'm1',
      etag: 'x',
      version: 8,
      tags: {},
      properties: { reported: { $version: 1 } },
    };
    const { events } = await relay([body], [{ ...properties, moduleId: 'm1', opType: 'replaceTwin' }]);
    expect(events).toEqual([
      expect.objectContaining({
        id: `hub/d1/m1/${time}/8`,
        subject: 'devices/d1/modules/m1',
        data: { operation: 'replace', version: 8, tags: {}, reported: {} },
      }),
    ]);
  });

  it.each([
    ['createDeviceIdentity', 'DeviceTwins.DeviceCreated'],
    ['deleteDeviceIdentity', 'DeviceTwins.DeviceDeleted'],
  ])('makes %s %s', async (opType, type) => {
    const { events } = await relay([{ deviceId: 'd1', version: 2, properties: {} }], [{ ...properties, opType }]);
    expect(events).toEqual([expect.objectContaining({ type, subject: 'devices/d1', data: { version: 2 } })]);
  });

  it('gives one notification one id, and a device made again another', async () => {
    const later = { ...properties, operationTimestamp: '2022-06-02T00:00:00Z' };
    const ids = (await relay([update, update, update], [properties, properties, later])).events?.map(({ id }) => id);
    expect(ids?.[0]).toBe(ids?.[1]);
    expect(ids?.[0]).not.toBe(ids?.[2]);
  });

  it.each<[string, unknown, unknown]>([
    ['text', 'not JSON', properties],
    ['no version', { tags: {} }, properties],
    ['tags that are no object', { version: 1, tags: 1 }, properties],
    ['no properties', update, undefined],
    ['another operation', update, { ...properties, opType: 'deviceConnected' }],
    ['a time that is none', update, { ...properties, operationTimestamp: 'now' }],
  ])(
    'skips a notification with %s, says where it was, and sends its neighbours',
    async (_name, message, itsProperties) => {
      const { events, logged } = await relay([update, message, update], [properties, itsProperties, properties]);
      expect(events).toHaveLength(2);
      expect(logged).toEqual([
        expect.stringMatching(/^error: Notification skipped \(partition 3, sequence number 41\)/),
        'information: relaying 2 of 3 notifications | partition=3',
      ]);
    },
  );

  it('skips messages that come without their properties, as those sent by hand', async () => {
    const { context, logged } = recordingContext();
    expect(await relayTwinChanges([update], context, services)).toBeUndefined();
    expect(logged).toEqual([
      expect.stringContaining('Notification skipped'),
      'information: relaying 0 of 1 notifications | partition=unknown',
    ]);
  });

  it('says how long the oldest of a batch waited, and hands on its own trace', async () => {
    const traceParent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const enqueuedTimeUtcArray = [new Date(Date.now() - 60_000).toISOString()];
    const { context, logged } = recordingContext({ propertiesArray: [properties], enqueuedTimeUtcArray }, traceParent);
    const [event] = (await relayTwinChanges([update], context, services)) ?? [];
    expect(Number(/lagMs=(\d+)/.exec(logged[0] ?? '')?.[1])).toBeGreaterThanOrEqual(60_000);
    expect(event?.traceparent).toBe(traceParent);
  });

  it('sends nothing where nothing is left', async () => {
    expect((await relay(['not JSON'], [properties])).events).toBeUndefined();
  });

  it('fails without a topic, so that the batch is tried again', async () => {
    const { context } = recordingContext({ propertiesArray: [properties] });
    const unconfigured = createServices(readSettings({}));
    await expect(relayTwinChanges([update], context, unconfigured)).rejects.toThrow(
      'TwinChangesTopic__topicEndpointUri',
    );
  });
});

describe('onTwinChange', () => {
  const tell = async (event: unknown, seen = new SeenEvents()) => {
    const { context, logged } = recordingContext();
    await onTwinChange(event, context, services, seen);
    return logged;
  };

  it('says what changed, once as new and then as repeated', async () => {
    const [event] = (await relay([update], [properties])).events ?? [];
    const seen = new SeenEvents();
    const line = `devices/d1 changed: tags.site, desired.rate, desired.o.gone | sections=tags,desired version=7`;
    expect(await tell(event, seen)).toEqual([`information: ${line} seen=new id=hub/d1//${time}/7`]);
    expect(await tell(event, seen)).toEqual([`information: ${line} seen=repeated id=hub/d1//${time}/7`]);
  });

  it('names the operation of the relay', async () => {
    const [event] = (await relay([update], [properties])).events ?? [];
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    expect((await tell({ ...event, traceparent }))[0]).toMatch(/ relayedBy=4bf92f3577b34da6a3ce929d0e0e4736$/);
  });

  it('shows no values', async () => {
    const [event] = (await relay([{ version: 1, tags: { site: 'private' } }], [properties])).events ?? [];
    expect((await tell(event))[0]).not.toContain('private');
  });

  it('keeps the line of a large replacement short', async () => {
    const tags = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`t${n}`, n]));
    const [event] = (await relay([{ version: 1, tags }], [{ ...properties, opType: 'replaceTwin' }])).events ?? [];
    expect((await tell(event))[0]).toMatch(/was replaced: .*tags\.t49, and 10 more \|/);
  });
});

describe('of the events of a twin', () => {
  const at = (second: number) => `2024-01-01T00:00:${`${second}`.padStart(2, '0')}.0000000Z`;
  const envelope = (id: string, second: number, device: string) =>
    ({ specversion: '1.0', id, source: 'iothub/hub', subject: `devices/${device}`, time: at(second) }) as const;
  const changed = (version: number, second: number, device = 'd1'): TwinEvent => ({
    ...envelope(`${device}/${second}/${version}`, second, device),
    type: 'DeviceTwins.TwinChanged',
    data: { operation: 'update', version, tags: {} },
  });
  const life = (what: 'Created' | 'Deleted', second: number): TwinEvent => ({
    ...envelope(`${what}/${second}`, second, 'd1'),
    type: `DeviceTwins.Device${what}`,
    data: { version: 2 },
  });

  it.each<[string, TwinEvent[], string[]]>([
    ['in order, all are new', [changed(3, 1), changed(4, 2)], ['new', 'new']],
    ['a late one is older', [changed(4, 2), changed(3, 1)], ['new', 'older']],
    [
      'a repeated one is told, even when it was late',
      [changed(4, 2), changed(3, 1), changed(3, 1)],
      ['new', 'older', 'repeated'],
    ],
    ['two in one moment are told apart by version', [changed(4, 1), changed(3, 1)], ['new', 'older']],
    [
      'those of a device made again are new',
      [changed(9, 1), life('Deleted', 2), life('Created', 3), changed(3, 4)],
      ['new', 'new', 'new', 'new'],
    ],
    [
      'those of a device made again are new before its creation is told',
      [changed(9, 1), changed(3, 4), life('Created', 3), changed(3, 4)],
      ['new', 'new', 'new', 'repeated'],
    ],
    [
      'a creation told late does not make old changes new',
      [changed(4, 4), life('Created', 1), changed(3, 3)],
      ['new', 'new', 'older'],
    ],
    [
      'those of before a deletion are older',
      [life('Deleted', 5), changed(9, 4), life('Created', 3)],
      ['new', 'older', 'older'],
    ],
  ])('%s', (_name, events, novelties) => {
    const seen = new SeenEvents();
    expect(events.map((event) => seen.see(event))).toEqual(novelties);
  });

  it('those of the twin unheard of for longest are forgotten first', async () => {
    const seen = new SeenEvents(2);
    for (const event of [changed(3, 1, 'a'), changed(3, 1, 'b'), changed(4, 2, 'a'), changed(3, 1, 'c')])
      seen.see(event);
    expect(seen.see(changed(4, 2, 'a'))).toBe('repeated');
    expect(seen.see(changed(3, 1, 'b'))).toBe('new');
  });
});

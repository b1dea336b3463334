/** A made-up fleet, in the shapes of the app's answers: the same each time. */

export const longId = `device-${'0123456789'.repeat(12)}x`;
/** What a device could write to have a page run it. */
export const hostile = `<script>document.title='owned'</script><img src=x onerror="document.title='owned'">`;

export const locations = ['Redmond43', 'Redmond40', 'Dublin12', 'Singapore7', 'Gothenburg3', hostile, ''];
const connectivities = ['cellular', 'wifi', 'ethernet', null];
const firstNames = ['pump', 'valve', 'meter', 'gateway', 'chiller'];

export interface MadeDevice {
  deviceId: string;
  location: string;
  connectivity: string | null;
}

/** A number from 0 to 1 that follows from its seed. */
export function chance(seed: number): number {
  const x = Math.sin(seed * 12.9898) * 43758.5453;
  return x - Math.floor(x);
}

export function makeDevices(count: number): MadeDevice[] {
  const weighted = [0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 5, 6];
  return Array.from({ length: count }, (_, index) => ({
    deviceId: index === 0 ? longId : `${firstNames[index % 5]}-${String(index).padStart(5, '0')}`,
    location: locations[weighted[Math.floor(chance(index) * weighted.length)] ?? 0] ?? '',
    connectivity: connectivities[Math.floor(chance(index + 0.5) ** 1.6 * 4)] ?? null,
  }));
}

/** Counts of each group, for as many steps, with a gap. */
export function makeTrends(devices: readonly MadeDevice[], from: number, to: number, step: number) {
  const times: string[] = [];
  for (let at = from; at <= to; at += step * 1000) times.push(new Date(at).toISOString());
  const steps = times.length;
  const isGap = (index: number) => index > steps * 0.6 && index < steps * 0.64;
  const columnOf = (count: number, seed: number, growth: number) =>
    times.map((_, index) =>
      isGap(index) ? null : Math.max(0, Math.round(count - growth * (steps - 1 - index) * (0.6 + 0.4 * chance(seed)))),
    );
  const groups = new Map<string, { location: string; connectivity: string | null; count: number }>();
  for (const { location, connectivity } of devices) {
    const key = JSON.stringify([location, connectivity]);
    const group = groups.get(key) ?? { location, connectivity, count: 0 };
    groups.set(key, { ...group, count: group.count + 1 });
  }
  const total = columnOf(devices.length, 1, devices.length / steps / 8);
  return {
    step,
    times,
    total,
    enabled: total.map((each, index) => each && Math.round(each * (0.968 + 0.01 * chance(Math.floor(index / 20))))),
    changes: times.map((_, index) => (isGap(index) ? null : Math.round(40 + 60 * chance(index)))),
    series: [...groups.values()].map(({ location, connectivity, count }, index) => ({
      location,
      connectivity,
      counts: columnOf(count, index, (count / steps) * (chance(index + 7) - 0.3)),
    })),
  };
}

export function makeTwin(deviceId: string, version = 7) {
  const at = (minutes: number) => ({
    $lastUpdated: new Date(Date.now() - minutes * 60_000).toISOString(),
    $lastUpdatedVersion: 3,
  });
  return {
    deviceId,
    etag: `etag-${version}`,
    version,
    status: 'enabled',
    connectionState: 'Connected',
    lastActivityTime: new Date(Date.now() - 40_000).toISOString(),
    tags: {
      location: { region: 'EU', plant: 'Dublin12' },
      site: { floor: 3, line: '7', note: hostile },
      owner: 'maintenance\u202eteam',
    },
    properties: {
      desired: {
        telemetry: { interval: 30, unit: 's' },
        firmware: '2.4.1',
        $metadata: { telemetry: { ...at(700), interval: at(700), unit: at(9000) }, firmware: at(90) },
        $version: 12,
      },
      reported: {
        connectivity: 'cellular',
        telemetry: { interval: 30, unit: 's' },
        firmware: '2.4.0',
        battery: 81.5,
        $metadata: {
          connectivity: at(4),
          telemetry: { ...at(690), interval: at(690), unit: at(690) },
          firmware: at(8000),
          battery: at(1),
        },
        $version: 301,
      },
    },
  };
}

export function makeChanges(count: number, before: number) {
  return Array.from({ length: count }, (_, index) => ({
    id: `change-${index}`,
    time: new Date(before - index * 47 * 60_000).toISOString(),
    type: 'DeviceTwins.TwinChanged',
    version: 7 - index,
    ...(index % 2 === 0 ? { by: 'function key', reason: index === 0 ? 'moved to the new hall' : hostile } : {}),
    values:
      index % 2 === 0
        ? [
            { path: 'tags.location.plant', before: 'Redmond43', after: 'Dublin12' },
            { path: 'tags.site.floor', before: null, after: 3 },
          ]
        : [{ path: 'reported.battery', before: 84, after: 81.5 }],
  }));
}

let told = 0;

/** So many changes of the feed, each with an id of its own. */
export function makeFeed(count: number, devices: readonly MadeDevice[], now = Date.now()) {
  return Array.from({ length: count }, (_, index) => {
    const number = told++;
    const { deviceId, location } = devices[Math.floor(chance(number) * devices.length)] ?? {
      deviceId: 'd',
      location: 'x',
    };
    const common = {
      id: `feed-${number}`,
      time: new Date(now - (count - index) * 700).toISOString(),
      deviceId,
    };
    if (number % 9 === 4) {
      return {
        ...common,
        type: 'DeviceTwins.DeviceMoved',
        from: { location: 'Redmond43', connectivity: 'wifi' },
        to: { location: location || 'Redmond40', connectivity: 'cellular' },
      };
    }
    return {
      ...common,
      type: 'DeviceTwins.TwinChanged',
      version: 3 + (number % 40),
      values:
        number % 3 === 0
          ? [{ path: 'tags.site.floor', after: number % 7 }]
          : [
              { path: 'reported.battery', after: Math.round(1000 * chance(number)) / 10 },
              { path: 'reported.connectivity', after: number % 2 ? 'wifi' : 'cellular' },
            ],
      ...(number % 3 === 0 ? { by: 'function key', reason: 'inventory of March' } : {}),
    };
  });
}

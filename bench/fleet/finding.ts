import type { Row } from '../row';
import { type FleetSystem, requestsBetween, startFleet, unhindered } from './fleetSystem';
import { type Meter, startMeter } from './meter';
import { allTwins, tutorialRegistry } from './tutorial';

const fleet = 100_000;
const [location, connectivity] = ['Redmond43', 'cellular'];
const hubQueriesPerMinute = 20;

interface Found {
  ids: string[];
  ms: number;
  /** Of the hub. */
  requests: number;
  /** To the hub and back. */
  bytes: number;
}

/** Who is in a location on cellular, among 100,000 devices: all of them, one page, their number. */
export async function finding(): Promise<Row[]> {
  let meter: Meter | undefined;
  const meterBefore = async (port: number) => {
    meter = await startMeter(port);
    return meter.port;
  };
  const system = await startFleet({ simulated: fleet, ...unhindered, hubPort: meterBefore });
  try {
    if (!meter) throw new Error('nothing is metered');
    const hub = meter;
    const measure = (find: () => Promise<string[]>) => measured(system, hub, find);
    const path = `/api/devices?location=${location}&connectivity=${connectivity}`;
    await readPages(system, `${path}&count=true`, 2); // warms the app, and has the hub make its index
    const ours = await measure(() => readPages(system, path));
    const page = await measure(() => readPages(system, `${path}&count=true`, 1));
    const tutorial = await measure(() => searchAll(system, hub.port));
    if (ours.ids.length !== tutorial.ids.length) {
      throw new Error(`${ours.ids.length} were found, the tutorial's way finds ${tutorial.ids.length}`);
    }
    return [
      ...toRows(`all ${ours.ids.length} of them`, ours, tutorial),
      ...toRows('their number and a page', page, tutorial),
    ];
  } finally {
    await system.stop();
    await meter?.stop();
  }
}

function toRows(what: string, ours: Found, tutorial: Found): Row[] {
  const row = (
    unit: 'ms' | 'bytes' | undefined,
    words: string,
    figure: 'ms' | 'requests' | 'bytes',
    note = '',
  ): Row => ({
    what: `find who is in a location on cellular among ${fleet}, ${what}: ${words}`,
    value: ours[figure],
    ...(unit === undefined ? { unit: 'requests' as const } : { unit }),
    baseline: { what: "the tutorial's way, which reads all and searches", value: tutorial[figure] },
    ...(note ? { note } : {}),
  });
  const minutes = ({ requests }: Found) => `${Math.max(0.1, requests / hubQueriesPerMinute).toFixed(1)} min`;
  return [
    row('ms', 'time', 'ms'),
    row(undefined, 'hub requests', 'requests', `at S1: ${minutes(ours)} against ${minutes(tutorial)}`),
    row('bytes', 'bytes of the hub', 'bytes'),
  ];
}

async function measured({ served }: FleetSystem, meter: Meter, find: () => Promise<string[]>): Promise<Found> {
  const [before, bytes, start] = [await served(), meter.bytes(), performance.now()];
  const ids = await find();
  const ms = performance.now() - start;
  return { ids, ms, bytes: meter.bytes() - bytes, requests: requestsBetween(before, await served()) };
}

/** Pages of the app, until there are no more or it is enough. */
async function readPages(
  { urls: [url] }: FleetSystem,
  path: string,
  most = Number.POSITIVE_INFINITY,
): Promise<string[]> {
  const ids: string[] = [];
  let continuation: string | undefined;
  for (let page = 0; page < most; page++) {
    const next = continuation === undefined ? '' : `&continuation=${encodeURIComponent(continuation)}`;
    const answer = await fetch(`${url}${path}&limit=100${next}`);
    if (!answer.ok) throw new Error(await answer.text());
    const body = (await answer.json()) as { devices: { deviceId: string }[]; continuation?: string };
    ids.push(...body.devices.map(({ deviceId }) => deviceId));
    continuation = body.continuation;
    if (continuation === undefined) break;
  }
  return ids;
}

/** Reads every twin, and looks into it. */
async function searchAll({ emulator }: FleetSystem, port: number): Promise<string[]> {
  const { ca, env } = emulator;
  const { registry, end } = tutorialRegistry({ port, ca, connectionString: env.IOTHUB_CONNECTION_STRING ?? '' });
  const ids: string[] = [];
  for await (const twins of allTwins(registry)) {
    for (const { deviceId, tags, properties } of twins) {
      const isThere = Object(tags.location).plant === location && properties.reported.connectivity === connectivity;
      if (isThere) ids.push(deviceId);
    }
  }
  end();
  return ids;
}

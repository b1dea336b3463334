import { type System, startSystem, stopSystems } from './system';

let system: System;

beforeAll(async () => {
  system = await startSystem();
});
afterAll(stopSystems);

const json = { 'content-type': 'application/json' };
const location = { region: 'US', plant: 'Redmond43' };

test('the story: tag, query, report, query again, and every change is reacted to', async () => {
  const tagged = await fetch(`${system.url}/api/devices/myDeviceId/tags`, {
    method: 'PATCH',
    headers: json,
    body: JSON.stringify({ location }),
  });
  expect(tagged.status).toBe(200);
  const twin = (await tagged.json()) as { etag: string; version: number };
  expect(tagged.headers.get('etag')).toBe(`"${twin.etag}"`);
  expect(twin).toMatchObject({ deviceId: 'myDeviceId', tags: { location } });
  // Before the next change: Event Grid promises no order, and what comes after a newer change is not new.
  await system.lines.match(/myDeviceId changed: tags\.location\.region, tags\.location\.plant .*seen=new/);

  expect(await system.runTimer()).toEqual([
    expect.stringContaining('devices in Redmond43: 1 (myDeviceId)'),
    expect.stringContaining('devices in Redmond43 using cellular: 0'),
  ]);

  const device = await system.device();
  expect(device).toMatch(/^twin: 200 \{/m);
  expect(device).toContain('reported {"connectivity":"cellular"}: 204');

  expect(await system.runTimer()).toEqual([
    expect.stringContaining('devices in Redmond43: 1 (myDeviceId)'),
    expect.stringContaining('devices in Redmond43 using cellular: 1 (myDeviceId)'),
  ]);

  await system.lines.match(/myDeviceId changed: reported\.connectivity .*seen=new/);
  await system.lines.match(/registry: 1 devices, 1 enabled, 0 disabled/);

  const listed = await fetch(`${system.url}/api/devices?location=Redmond43&connectivity=cellular`);
  expect(await listed.json()).toEqual({
    devices: [{ deviceId: 'myDeviceId', location: 'Redmond43', connectivity: 'cellular' }],
    freshness: { source: 'queryIndex', askedAt: expect.any(String) },
  });
  expect(await (await fetch(`${system.url}/api/statistics`)).json()).toEqual({
    totalDeviceCount: 1,
    enabledDeviceCount: 1,
    disabledDeviceCount: 0,
  });
  expect(await (await fetch(`${system.url}/api/devices/myDeviceId`)).json()).toMatchObject({
    tags: { location },
    properties: { reported: { connectivity: 'cellular' } },
  });
});

test('the history tells what the twin holds, to the letter, though the host rewrites dates on the way', async () => {
  const serviced = {
    offset: '2026-01-01T00:00:00+02:00',
    zeros: '2026-01-01T00:00:00.1200000Z',
    old: '/Date(1700000000000)/',
    beyond: '9999-12-31T24:00:00Z',
  };
  const from = system.lines.all.length;
  await fetch(`${system.url}/api/devices/myDeviceId/tags`, {
    method: 'PATCH',
    headers: json,
    body: JSON.stringify({ serviced }),
  });
  await system.lines.match(/Executed 'Functions.onTwinChange' \(Succeeded/, from);
  const { changes } = (await (await fetch(`${system.url}/api/devices/myDeviceId/changes?limit=1`)).json()) as {
    changes: { values: object[] }[];
  };
  expect(changes[0]?.values).toEqual(
    Object.entries(serviced).map(([name, after]) => expect.objectContaining({ path: `tags.serviced.${name}`, after })),
  );
});

describe('bad input is refused, clearly', () => {
  const patch = (deviceId: string, body: string, headers: Record<string, string> = json) =>
    fetch(`${system.url}/api/devices/${deviceId}/tags`, { method: 'PATCH', headers, body });

  test.each([
    ['malformed JSON', 'myDeviceId', '{"a":', json, 400, /JSON/],
    ['a name with a dot', 'myDeviceId', '{"a.b":1}', json, 400, /tags\.a\.b/],
    ['a string past 4 KB', 'myDeviceId', JSON.stringify({ a: 'x'.repeat(4097) }), json, 400, /tags\.a .*4096/],
    [
      'a patch past 8 KB',
      'myDeviceId',
      JSON.stringify({ a: 'x'.repeat(4096), b: 'x'.repeat(4096) }),
      json,
      400,
      /8192/,
    ],
    ['an integer past 2^52', 'myDeviceId', '{"a":4503599627370496}', json, 400, /tags\.a/],
    ['eleven levels', 'myDeviceId', `${'{"a":'.repeat(12)}1${'}'.repeat(12)}`, json, 400, /deep/],
    ['null in a list', 'myDeviceId', '{"a":[null]}', json, 400, /tags\.a\[0\]/],
    ['an unknown device', 'nobody', '{"a":1}', json, 404, /register/],
    ['a stale etag', 'myDeviceId', '{"a":1}', { ...json, 'if-match': '"AAAAAAAAAAE="' }, 412, /etag/],
    ['another content type', 'myDeviceId', 'a=1', { 'content-type': 'text/plain' }, 415, /application\/json/],
  ])('%s', async (_, deviceId, body, headers, status, detail) => {
    const response = await patch(deviceId, body, headers);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ status, detail: expect.stringMatching(detail) });
    expect(response.status).toBe(status);
  });

  test('a location that tries to become query text is just a location', async () => {
    const response = await fetch(`${system.url}/api/devices?location=${encodeURIComponent("x' OR '1'='1")}`);
    expect([response.status, await response.json()]).toMatchObject([200, { devices: [] }]);
  });
});

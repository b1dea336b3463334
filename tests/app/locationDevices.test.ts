import { endpoint, type Serve } from '../../src/api/http/endpoint';
import { createServices, type Services } from '../../src/app/services';
import { readSettings } from '../../src/app/settings';
import { locationDevices } from '../../src/functions/locationDevices';
import { locationDevicesByPath } from '../../src/functions/locationDevicesByPath';
import { memoryTables } from '../support/memoryTables';
import { call, keepingIn } from './functionCalls';

const names = ['', '.', '..', 'Bldg 4/Floor 2', 'a%2Fb', 'a?b#c&d=e+f', '工場', "O'Hare", '\n', '|', 'Redmond43'];
let services: Services;

beforeAll(async () => {
  services = keepingIn(memoryTables(), createServices(readSettings({})));
  const { members } = services.records() ?? {};
  for (const [index, location] of names.entries()) {
    for (const n of [1, 2]) {
      await members?.take(`d${index}-${n}`, { location, connectivity: 'wifi' });
    }
  }
});

/** Asks an address, as the host hands it on. */
function get(serve: Serve<Services>, url: string, params: Record<string, string> = {}) {
  const address = new URL(url, 'http://localhost');
  const query = Object.fromEntries(address.searchParams);
  return call(endpoint(serve, services), { method: 'GET', url: address.href, params, query });
}

const nextOf = ({ headers }: { headers: Record<string, string> }) =>
  /^<(.*)>; rel="next"$/.exec(headers.link ?? '')?.[1];

describe('GET /api/locations/devices', () => {
  it.each(names)('lists the devices of %j, whose pages link to each other', async (location) => {
    const index = names.indexOf(location);
    const first = await get(locationDevices, `/api/locations/devices?${new URLSearchParams({ location, limit: '1' })}`);
    expect(first).toMatchObject({ status: 200, body: { location, devices: [{ deviceId: `d${index}-1` }] } });
    const second = await get(locationDevices, nextOf(first) ?? '');
    expect(second).toMatchObject({ status: 200, body: { location, devices: [{ deviceId: `d${index}-2` }] } });
    expect(nextOf(second)).toBeUndefined();
  });

  it('asks for a location', async () => {
    await expect(get(locationDevices, '/api/locations/devices')).resolves.toMatchObject({
      status: 400,
      body: { path: 'location', detail: 'location is missing: name one, as /api/locations lists them.' },
    });
  });
});

describe('GET /api/locations/{location}/devices', () => {
  it('answers as before, and links to the address that takes any name', async () => {
    const params = { location: 'Redmond43' };
    const first = await get(locationDevicesByPath, '/gateway/api/locations/Redmond43/devices?limit=1', params);
    expect(first).toMatchObject({ status: 200, body: { location: 'Redmond43', devices: [{}] } });
    const next = nextOf(first) ?? '';
    expect(next).toMatch(/^\/gateway\/api\/locations\/devices\?limit=1&location=Redmond43&continuation=/);
    await expect(get(locationDevices, next)).resolves.toMatchObject({ status: 200, body: { devices: [{}] } });
  });

  it.each(['a%2Fb', 'a/b'])('refuses %s, which may have been sent as another name', async (location) => {
    await expect(get(locationDevicesByPath, '/api/locations/x/devices', { location })).resolves.toMatchObject({
      status: 400,
      body: { path: 'location', detail: expect.stringContaining('/api/locations/devices?location=') },
    });
  });
});

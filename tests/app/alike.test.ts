import { endpoint, type Serve } from '../../src/api/http/endpoint';
import type { Services } from '../../src/app/services';
import { locationDevices } from '../../src/functions/locationDevices';
import { locations } from '../../src/functions/locations';
import { queryTwins } from '../../src/functions/queryTwins';
import { runTwinQueries } from '../../src/functions/runTwinQueries';
import { summary } from '../../src/functions/summary';
import type { Json } from '../../src/json';
import { call, recordingContext } from './functionCalls';
import { ask, jobOf, post, startTagJobs, type TagJobsSetup, workAll } from './tagJobsSetup';

// One plant, which some devices have as a number and others as text; and connectivities of both kinds.
const plants: Record<string, Json> = { n43: 43, t43: '43', t430: '43.0', yes: true, tyes: 'true', far: 'Dublin2' };
const connectivities: Record<string, Json> = { n43: 5, t43: '5', yes: 'wifi' };

let setup: TagJobsSetup;
let services: Services;

beforeAll(async () => {
  setup = await startTagJobs();
  services = setup.servicesWith({
    TWIN_QUERY_LOCATION: '43',
    TWIN_QUERY_CONNECTIVITY: '5',
    CONNECTIVITY_PATH: 'tags.net',
  });
  for (const [deviceId, plant] of Object.entries(plants)) {
    await setup.emulator.registry().create({ deviceId });
    const net = connectivities[deviceId] ?? null;
    await setup.emulator.registry().updateTwin(deviceId, { tags: { location: { plant }, net } }, '*');
  }
});
afterAll(() => setup.stop());

const get = async (serve: Serve<Services>, query: Record<string, string>) =>
  (await call(endpoint(serve, services), { method: 'GET', query })).body as Record<string, Json>;

const idsOf = (body: Record<string, Json>) =>
  (body.devices as { deviceId: string }[]).map(({ deviceId }) => deviceId).sort();

describe('43 and "43" are one', () => {
  it.each([
    [{ location: '43' }, ['n43', 't43']],
    [{ location: '43', connectivity: '5' }, ['n43', 't43']],
    [{ location: '43.0' }, ['t430']],
    [{ location: 'true' }, ['tyes', 'yes']],
    [{ where: '{"location":43}' }, ['n43', 't43']],
    [{ where: '{"location":"43"}' }, ['n43', 't43']],
    [{ where: '{"path":"tags.location.plant","op":"=","value":43}' }, ['n43']],
  ])('in a list: %j', async (query, ids) => {
    expect(idsOf(await get(queryTwins, query))).toEqual(ids);
  });

  it('in counts', async () => {
    const { counts } = await get(summary, {});
    expect(counts).toHaveLength(4);
    expect(counts).toEqual(
      expect.arrayContaining([
        { location: '43', devices: 2 },
        { location: 'true', devices: 2 },
        { location: '43.0', devices: 1 },
        { location: 'Dublin2', devices: 1 },
      ]),
    );
    const both = await get(summary, { by: 'location,connectivity', location: '43' });
    expect(both.counts).toEqual([{ location: '43', connectivity: '5', devices: 2 }]);
  });

  it('for tags by a condition', async () => {
    const body = { where: { location: '43' }, tags: { floor: 1 } };
    const answer = await post(services, body);
    expect(jobOf(answer).counts).toMatchObject({ total: 2, succeeded: 2 });
    expect((await ask(services, jobOf(answer).jobId)).status).toBe(200);
  });

  it('for the timer, and among the members, of whom none is too many', async () => {
    const { context, logged } = recordingContext();
    await runTwinQueries(context, services);
    await workAll(setup.queue, services);
    await runTwinQueries(context, services);
    expect(logged).toContainEqual(expect.stringMatching(/devices in 43 using 5: 2 \(/));
    expect(logged).toContainEqual(expect.stringContaining('drift=0'));
    expect(idsOf(await get(locationDevices, { location: '43' }))).toEqual(['n43', 't43']);
    expect((await get(locations, {})).locations).toContainEqual({
      location: '43',
      devices: 2,
      connectivity: { 5: 2 },
    });
  });
});

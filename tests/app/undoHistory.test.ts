import { needRecords } from '../../src/app/services';
import type { TwinEvent } from '../../src/changes/twinEvent';
import type { JsonObject } from '../../src/json';
import { ask, askUndo, jobOf, post, startTagJobs, type TagJobsSetup, workAll } from './tagJobsSetup';

// What is taken back by what the history tells: one change of a device, and a job of the hub.

let setup: TagJobsSetup;
let devices = 0;

beforeAll(async () => {
  setup = await startTagJobs();
});
afterAll(() => setup.stop());
afterEach(() => setup.queue.clear());

async function newDevice(): Promise<string> {
  const deviceId = `device-${++devices}`;
  await setup.emulator.registry().create({ deviceId });
  return deviceId;
}

const history = () => needRecords(setup.services).history;

async function tagsOf(deviceId: string): Promise<JsonObject> {
  return (await setup.emulator.registry().getTwin(deviceId)).responseBody.tags;
}

async function write(deviceId: string, tags: JsonObject): Promise<void> {
  await setup.emulator.registry().updateTwin(deviceId, { tags }, '*');
  await tell(deviceId, { tags });
}

/** Keeps what the hub notifies of a twin as it is now. */
async function tell(deviceId: string, change: object): Promise<void> {
  const { version } = await setup.services.hub(5000).getTwin(deviceId);
  const time = new Date().toISOString().replace('Z', '0000Z');
  await history().keep({
    specversion: '1.0',
    id: `hub/${deviceId}/${version}`,
    source: 'iothub/hub',
    subject: `devices/${deviceId}`,
    time,
    type: 'DeviceTwins.TwinChanged',
    data: { operation: 'update', version, ...change },
  } as TwinEvent);
}

/** The id of the newest change of a device. */
async function newest(deviceId: string): Promise<string> {
  const { changes } = await history().list(`devices/${deviceId}`, { limit: 1, unchanged: true });
  return changes[0]?.id ?? '';
}

describe('one change', () => {
  it('is taken back by a job of its own, where nobody has changed it since', async () => {
    const deviceId = await newDevice();
    await write(deviceId, { location: { plant: 'A', region: 'US' } });
    await write(deviceId, { location: { plant: 'B' }, site: { floor: 1 } });
    const id = await newest(deviceId);
    await write(deviceId, { note: 1 });
    await expect(askUndo(setup.services, { deviceId, id }, { dryRun: 'true' })).resolves.toMatchObject({
      status: 200,
      body: { dryRun: true, engine: 'direct', devices: 1, sample: [deviceId] },
    });
    // What the first notification did not tell: whether there was a site.
    const answer = await askUndo(setup.services, { deviceId, id }, { reason: 'a slip' });
    expect(answer).toMatchObject({
      status: 200,
      body: { engine: 'direct', undoes: id, undoable: true, reason: 'a slip' },
    });
    expect(jobOf(answer).failures).toMatchObject([{ status: 409, detail: expect.stringContaining('tags.site.floor') }]);
    await expect(tagsOf(deviceId)).resolves.toEqual({
      location: { plant: 'A', region: 'US' },
      site: { floor: 1 },
      note: 1,
    });
    // The undo is a job as any other.
    await expect(askUndo(setup.services, { jobId: jobOf(answer).jobId })).resolves.toMatchObject({
      body: { counts: { succeeded: 1 } },
    });
    await expect(tagsOf(deviceId)).resolves.toMatchObject({ location: { plant: 'B', region: 'US' } });
  });

  it('goes with what it made, where the history knows that there was nothing', async () => {
    const deviceId = await newDevice();
    await history().keep({
      specversion: '1.0',
      id: 'created',
      source: 'iothub/hub',
      subject: `devices/${deviceId}`,
      time: '2024-01-01T00:00:00.0000000Z',
      type: 'DeviceTwins.DeviceCreated',
      data: { version: 1 },
    } as TwinEvent);
    await write(deviceId, { site: { hall: { floor: 1 } } });
    await askUndo(setup.services, { deviceId, id: await newest(deviceId) });
    await expect(tagsOf(deviceId)).resolves.toEqual({});
  });

  it('is left where somebody has changed it since, unless that is overridden', async () => {
    const deviceId = await newDevice();
    await write(deviceId, { location: { plant: 'A' } });
    await write(deviceId, { location: { plant: 'B' } });
    const id = await newest(deviceId);
    await write(deviceId, { location: { plant: 'C' } });
    await expect(askUndo(setup.services, { deviceId, id })).resolves.toMatchObject({
      status: 200,
      body: { counts: { failed: 1 }, results: [{ deviceId, status: 409 }] },
    });
    await expect(tagsOf(deviceId)).resolves.toMatchObject({ location: { plant: 'C' } });
    await expect(askUndo(setup.services, { deviceId, id }, {}, { body: { force: true } })).resolves.toMatchObject({
      body: { counts: { succeeded: 1 } },
    });
    await expect(tagsOf(deviceId)).resolves.toMatchObject({ location: { plant: 'A' } });
  });

  it('is refused where no tag was changed, not all of it was told, or nothing is kept of it', async () => {
    const deviceId = await newDevice();
    await tell(deviceId, { reported: { connectivity: 'wifi' } });
    const refusal = { status: 409, body: { type: 'urn:device-twins:problem:not-undoable' } };
    await expect(askUndo(setup.services, { deviceId, id: await newest(deviceId) })).resolves.toMatchObject(refusal);
    await write(deviceId, { a: 1 });
    await tell(deviceId, { tags: {}, truncated: true });
    await expect(askUndo(setup.services, { deviceId, id: await newest(deviceId) })).resolves.toMatchObject(refusal);
    for (const id of ['x', '20260101T0000000000000-7-0123456789ab']) {
      await expect(askUndo(setup.services, { deviceId, id })).resolves.toMatchObject({
        status: 404,
        body: { type: 'urn:device-twins:problem:unknown-change' },
      });
    }
  });
});

it('a job of the hub is taken back as far as the history knows, and says so', async () => {
  const group = 'hub';
  const [known, unknown, changed] = [await newDevice(), await newDevice(), await newDevice()];
  for (const deviceId of [known, unknown, changed]) await write(deviceId, { group, location: { plant: 'A' } });
  const where = { path: 'tags.group', op: '=', value: group };
  const tags = { location: { plant: 'B' } };
  const { jobId } = jobOf(await post(setup.services, { where, tags, engine: 'hubJob' }));
  for (let state = ''; state !== 'completed'; { state } = jobOf(await ask(setup.services, jobId))) {
    expect(['', 'queued', 'running']).toContain(state);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const deviceId of [known, changed]) await tell(deviceId, { tags });
  await write(changed, { location: { plant: 'C' } });

  const dryRun = await askUndo(setup.services, { jobId }, { dryRun: 'true' });
  expect(dryRun).toMatchObject({ body: { devices: 3, detail: expect.stringContaining('history') } });
  const answer = await askUndo(setup.services, { jobId });
  await workAll(setup.queue, setup.services);
  const detailOf = new Map(jobOf(answer).results?.map(({ deviceId, detail }) => [deviceId, detail]));
  expect(answer).toMatchObject({
    body: { detail: expect.stringContaining('history'), counts: { succeeded: 1, failed: 2 } },
  });
  expect(detailOf.get(unknown)).toBe('Nothing kept tells what was there before: tags.location.plant.');
  expect(detailOf.get(changed)).toContain('Changed since');
  await expect(tagsOf(known)).resolves.toEqual({ group, location: { plant: 'A' } });
  await expect(tagsOf(unknown)).resolves.toEqual({ group, location: { plant: 'B' } });
});

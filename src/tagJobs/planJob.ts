import { deadlines } from '../azure/hub/deadlines';
import { InvalidInputError } from '../errors/invalidInputError';
import { countDevices } from '../queries/countDevices';
import { changesItself } from './changesItself';
import { directLimit, expectedSeconds, type Listing } from './expectedTime';
import type { JobMeans } from './jobMeans';
import { listDeviceIds } from './listDeviceIds';
import type { Engine } from './tagJob';
import type { TagRequest, Targets } from './targets';
import { listUndo, ofHubJob } from './undoSource';

/** How a request will be carried out. */
export interface Plan {
  engine: Engine;
  /** Devices; of a condition as the query index counts them. */
  devices: number;
  expectedSeconds: number;
}

/** What a request would do. */
export interface DryRun extends Plan {
  dryRun: true;
  /** Some of the devices. */
  sample: string[];
  ignoredColumns?: string[];
  /** What to know of it. */
  detail?: string;
}

/** Most devices that a request tags itself where it is told to: what it does not reach it says. */
const maxDirectDevices = 10_000;

const sampleSize = 10;

/**
 * Chooses the engine by size, unless the request names one.
 *
 * @throws InvalidInputError for an engine that does not fit.
 * @throws SettingError for one that is not configured.
 */
export async function planJob({ targets, engine: asked }: TagRequest, means: JobMeans): Promise<Plan> {
  if (asked === 'hubJob' && targets.kind === 'list') {
    throw new InvalidInputError(
      'A hub job takes a condition (where), never a list of devices: leave engine out, or choose queue.',
      'engine',
    );
  }
  const quotas = means.quotas();
  const devices = await countTargets(targets, means);
  const engine = asked ?? (devices <= directLimit(quotas) ? 'direct' : 'queue');
  if (engine === 'direct' && devices > maxDirectDevices) {
    throw new InvalidInputError(`engine direct takes at most ${maxDirectDevices} devices; choose queue.`, 'engine');
  }
  if (engine !== 'direct') means.needStore();
  if (engine === 'queue') means.needQueue();
  return { engine, devices, expectedSeconds: expectedSeconds(engine, devices, listingOf(targets, engine), quotas) };
}

async function countTargets(targets: Targets, { hub }: JobMeans): Promise<number> {
  if (targets.kind === 'list') return targets.rows.length;
  if (targets.kind === 'undo') return targets.devices;
  return (await countDevices(hub(deadlines.request), targets.condition)).count;
}

function listingOf(targets: Targets, engine: Engine): Listing {
  if (targets.kind === 'list') return 'none';
  // What a job of the app did stands in the tables.
  if (targets.kind === 'undo' && targets.job.engine !== 'hubJob') return 'none';
  const isFixed = targets.kind === 'undo' || !changesItself(targets.condition, targets.tags);
  return engine === 'queue' && isFixed ? 'meanwhile' : 'before';
}

/** Says what a request would do, and does nothing. */
export async function tryOut(request: TagRequest, means: JobMeans): Promise<DryRun> {
  const plan = await planJob(request, means);
  const { ignoredColumns, targets } = request;
  return {
    dryRun: true,
    ...plan,
    sample: await sampleOf(targets, means),
    ...(ignoredColumns.length > 0 ? { ignoredColumns } : {}),
    ...(targets.kind === 'undo' && targets.job.engine === 'hubJob' ? { detail: ofHubJob } : {}),
  };
}

async function sampleOf(targets: Targets, means: JobMeans): Promise<string[]> {
  const { hub } = means;
  if (targets.kind === 'list') return targets.rows.slice(0, sampleSize).map(({ deviceId }) => deviceId);
  if (targets.kind === 'undo') {
    const { deviceIds } = await listUndo(targets.job, undefined, means.needStore(), hub(deadlines.request));
    return deviceIds.slice(0, sampleSize);
  }
  return listDeviceIds(hub(deadlines.request), targets.condition, sampleSize);
}

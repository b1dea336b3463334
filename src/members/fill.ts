import { setTimeout as sleep } from 'node:timers/promises';
import { deadlines } from '../azure/hub/deadlines';
import type { Hub } from '../azure/hub/hub';
import { HubError } from '../azure/hub/hubError';
import type { CallOptions } from '../azure/hub/operationKind';
import type { Quotas } from '../azure/hub/quotas';
import { delaySecondsAfter } from '../azure/queue/delay';
import type { Queue } from '../azure/queue/queue';
import { TablesError } from '../azure/tables/tables';
import { whereaboutsCondition } from '../conditions/twinQuery';
import { countDevices } from '../queries/countDevices';
import { workThrough } from '../workThrough';
import { timeOf } from './compareMembers';
import type { FillMessage } from './fillMessage';
import type { FillLog, FillState } from './fillState';
import { listWhereabouts } from './listWhereabouts';
import type { Members } from './members';
import { Repair } from './repair';
import type { Sweep } from './sweep';
import type { Whereabouts, WhereaboutsPaths } from './whereabouts';

/** What the first fill is carried out with. */
export interface FillMeans {
  /** The hub, for calls that may each take so long. */
  hub(deadlineMs: number, options?: CallOptions): Hub;
  quotas: Quotas;
  queue: Pick<Queue, 'send'>;
  paths: WhereaboutsPaths;
  records: { members: Members; fill: FillLog; sweep: Sweep };
}

/** What became of a message, for the log. */
export interface FillStep {
  what: string;
  pairs: Record<string, string | number>;
  /** Somebody should look at it. */
  isTrouble: boolean;
}

/** How long a message is worked: the strictest plan ends invocations after five minutes. */
const workMs = 120_000;

/** The longest wait in a worker: what waits longer waits in the queue. */
const longestWaitMs = 1000;

/** Most pages of a step. */
const maxPages = 10;

/** Devices whose texts are longer are taken in one by one: those of a step stand together in a row of 1 MiB. */
const maxTextLength = 300;

/** After so many attempts that came to nothing a message is left: each run of `runTwinQueries` sends another. */
const maxAttempts = 6;

const atATime = 16;

/**
 * Begins the first fill, or has it go on where its message was lost: whoever comes second to a step finds it done.
 *
 * @returns how far it is.
 */
export async function pushFill({ hub, queue, paths, records }: FillMeans): Promise<FillState> {
  const { fill, members } = records;
  let kept = await fill.read();
  if (!kept) {
    await members.moveOld();
    const { count: total } = await countDevices(hub(deadlines.background), whereaboutsCondition(paths));
    await fill.write({ number: 0, total, listed: 0, devices: [], isListed: false }, undefined);
    kept = await fill.read();
  }
  if (!kept) throw new Error('The first fill was begun, and is not there.');
  await send(queue, { number: kept.state.number, attempt: 0 });
  return kept.state;
}

/**
 * Works a message of the fill: takes in the devices that were listed last and lists the next, again and again while the
 * pace allows. Whatever the hub or the tables do, the message is done when this returns: what is left went back.
 */
export async function workFill(message: FillMessage, means: FillMeans): Promise<FillStep> {
  const progress = { ...message };
  try {
    return await workSteps(progress, means);
  } catch (error) {
    if (!(error instanceof HubError || error instanceof TablesError)) throw error;
    const attempt = progress.attempt + 1;
    const isLeft = attempt > maxAttempts;
    const delay = delaySecondsAfter(attempt);
    if (!isLeft) await send(means.queue, { ...progress, attempt }, delay);
    const isTrouble = isLeft || !(error instanceof HubError && error.code === 'throttled');
    return step(progress, `${isLeft ? 'left to the next run' : 'put back'}: ${error.message}`, { delay }, isTrouble);
  }
}

/** @param progress goes on with the steps that are done. */
async function workSteps(progress: FillMessage, means: FillMeans): Promise<FillStep> {
  const { queue, quotas } = means;
  const { fill } = means.records;
  const kept = await fill.read();
  if (kept?.state.number !== progress.number) return step(progress, 'left: it was done');
  // Half of the quota: the other is for those who ask.
  const pageMs = 2000 / quotas.query;
  const pages = Math.max(1, Math.min(maxPages, Math.floor(longestWaitMs / pageMs)));
  const end = performance.now() + workMs;
  let { state, etag } = kept;
  for (;;) {
    const start = performance.now();
    const next = await takeStep(state, etag, pages, means);
    const written = await fill.write(next ?? { ...state, devices: [] }, etag);
    const counts = { listed: state.listed, total: state.total };
    if (written === undefined) return step(progress, 'left: another did it');
    if (!next) return finish(progress, counts, means);
    [state, etag] = [next, written];
    Object.assign(progress, { number: state.number, attempt: 0 });
    const waitMs = Math.max(0, start + pages * pageMs - performance.now());
    if (waitMs > longestWaitMs || performance.now() > end) {
      await send(queue, progress, Math.round(waitMs / 1000));
      return step(progress, 'goes on', counts);
    }
    await sleep(waitMs);
  }
}

/** The state after a step; undefined after the last. */
async function takeStep(
  state: FillState,
  etag: string,
  pages: number,
  means: FillMeans,
): Promise<FillState | undefined> {
  const hub = means.hub(deadlines.background, { priority: 'bulk' });
  const { members, fill } = means.records;
  const repair = new Repair(hub, members, means.paths);
  const takenIn = takeIn(new Map(state.devices), members, repair);
  if (state.isListed) {
    await takenIn;
    return undefined;
  }
  // Both to their end: nothing is written behind a message that went back.
  const [taken, listed] = await Promise.allSettled([takenIn, listPages(state, pages, hub, means)]);
  if (taken.status === 'rejected') throw taken.reason;
  if (listed.status === 'rejected') {
    // The next attempt need not look at each of them.
    await fill.write({ ...state, devices: [] }, etag);
    throw listed.reason;
  }
  const [next, long] = listed.value;
  await workThrough(long, atATime, async ([deviceId, whereabouts]) => {
    await repair.compare(deviceId, whereabouts);
    return 'goOn';
  });
  return next;
}

async function takeIn(devices: ReadonlyMap<string, Whereabouts>, members: Members, repair: Repair): Promise<void> {
  const known = await members.adopt(devices);
  await workThrough(known, atATime, async (deviceId) => {
    const whereabouts = devices.get(deviceId);
    if (!whereabouts) return 'goOn';
    await repair.compare(deviceId, whereabouts);
    await members.clearUp(deviceId, whereabouts);
    return 'goOn';
  });
}

/** The state when the next pages are listed, and those of their devices that do not fit into it. */
async function listPages(
  state: FillState,
  pages: number,
  hub: Hub,
  { paths }: FillMeans,
): Promise<[FillState, [string, Whereabouts][]]> {
  const devices = new Map<string, Whereabouts>();
  let { continuation } = state;
  try {
    for (let page = 0; page < pages; page++) {
      const listed = await listWhereabouts(hub, paths, continuation);
      for (const [deviceId, whereabouts] of listed.devices) devices.set(deviceId, whereabouts);
      continuation = listed.continuation;
      if (continuation === undefined) break;
    }
  } catch (error) {
    const isLapsed = continuation !== undefined && error instanceof HubError && error.code === 'invalid';
    if (!isLapsed) throw error;
    // A continuation that the hub takes no more: from the start, past those that are taken in already.
    return [{ ...state, number: state.number + 1, listed: 0, devices: [], continuation: undefined }, []];
  }
  const isShort = (device: unknown) => JSON.stringify(device).length <= maxTextLength;
  const next: FillState = {
    number: state.number + 1,
    total: state.total,
    listed: state.listed + devices.size,
    devices: [...devices].filter(isShort),
    continuation,
    isListed: continuation === undefined,
  };
  return [next, [...devices].filter((device) => !isShort(device))];
}

async function finish(progress: FillMessage, counts: Record<string, number>, { hub, records }: FillMeans) {
  const { sweep } = records;
  await sweep.forgetListed();
  await sweep.write({ endedAt: timeOf(hub(deadlines.background)), isMoved: true });
  return step(progress, 'filled', counts);
}

function send(queue: Pick<Queue, 'send'>, message: Omit<FillMessage, 'kind'>, delaySeconds = 0): Promise<void> {
  return queue.send({ kind: 'fill', ...message } satisfies FillMessage, delaySeconds);
}

function step(
  { number, attempt }: FillMessage,
  what: string,
  more: Record<string, number> = {},
  isTrouble = false,
): FillStep {
  return { what, pairs: { kind: 'fill', number, attempt, ...more }, isTrouble };
}

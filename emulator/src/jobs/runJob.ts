import { parseTwinWrite } from '../hub/twinWrite';
import { HubError } from '../service/hubError';
import { serviceTime } from '../service/time';
import type { Json } from '../service/types';
import type { DeviceJob, DeviceJobState } from './deviceJobs';
import type { Job } from './job';
import type { JobHub } from './jobHub';
import type { KeptJobs } from './keptJobs';
import type { Pace } from './pace';

/** Counts what is written to devices as messages of the day. */
export interface Meter {
  /** @throws HubError where nothing is left of the day. */
  check(): void;
  charge(bytes: number): void;
}

/** What a job works on and with. */
export interface JobTools {
  hub: Pick<JobHub, 'patchTwin' | 'methods'>;
  meter: Meter | undefined;
  kept: KeptJobs;
  pace: Pace;
  /** Where the hub stops: the job stays as it is, and goes on when the hub starts again. */
  signal: AbortSignal;
}

/** Blocks of devices that one job has under way: a few devices that are slow to answer do not hold up all others. */
const blocksAtATime = 10;

/** Longest that a timer of Node waits, in seconds. */
const longestWait = 2_147_483;

type Response = DeviceJobState['response'];

/** Does a job's work on a device; the time is how long to wait for one that is offline. */
type Action = (deviceId: string, connectTimeoutInSeconds: number) => Promise<Response>;

/**
 * Does a job's work on those of its devices where it is not done yet, and keeps what became of them block by block: what
 * was under way when the process ended is done again.
 */
export async function runOnDevices(job: Job, tools: JobTools): Promise<void> {
  const run = new DeviceRun(job, tools);
  const blocks = job.devices.blocks.entries();
  const work = async () => {
    for (const [at, block] of blocks) await run.block(at, block);
  };
  await Promise.all(Array.from({ length: blocksAtATime }, work));
  await run.waitForOthers();
  if (tools.signal.aborted) return;
  await run.giveUp();
}

class DeviceRun {
  readonly #act: Action;
  readonly #deadline: number;
  /** Devices that a method is to be called on when they come online. */
  readonly #awaited: Promise<void>[] = [];

  constructor(
    private readonly job: Job,
    private readonly tools: JobTools,
  ) {
    const { began = Date.now(), maxExecutionTimeInSeconds } = job.state;
    this.#deadline = began + maxExecutionTimeInSeconds * 1000;
    this.#act = metered(actionOf(job, tools.hub), job, tools.meter);
  }

  async block(at: number, block: DeviceJob[]): Promise<void> {
    const begun: Promise<void>[] = [];
    for (const device of block) {
      if (device.isDone) continue;
      await this.tools.pace.next();
      if (this.#isOver) return;
      begun.push(this.#begin(device, at));
    }
    await Promise.all(begun);
    if (begun.length > 0) await this.tools.kept.keepBlock(this.job, at);
  }

  async waitForOthers(): Promise<void> {
    await Promise.all(this.#awaited);
  }

  /** The time is up: what could not begin has failed, in the words of a real hub. */
  async giveUp(): Promise<void> {
    for (const [at, block] of this.job.devices.blocks.entries()) {
      const left = block.filter((device) => !device.isDone);
      for (const device of left) this.#fail(device, notStarted());
      if (left.length > 0) await this.tools.kept.keepBlock(this.job, at);
    }
  }

  get #isOver(): boolean {
    return this.tools.signal.aborted || Date.now() >= this.#deadline;
  }

  async #begin(device: DeviceJob, at: number): Promise<void> {
    const { devices } = this.job;
    const { startTime = serviceTime() } = device.state;
    devices.change(device, { status: 'running', startTime });
    try {
      this.#complete(device, await this.#act(device.state.deviceId, 0));
    } catch (error) {
      if (!isNotOnline(error)) return this.#fail(device, error);
      devices.change(device, { status: 'pending' });
      const waiting = this.#waitFor(device, at);
      // All are waited for at the end.
      waiting.catch(() => undefined);
      this.#awaited.push(waiting);
    }
  }

  async #waitFor(device: DeviceJob, at: number): Promise<void> {
    const left = Math.min((this.#deadline - Date.now()) / 1000, longestWait);
    try {
      this.#complete(device, await this.#act(device.state.deviceId, Math.max(left, 0)));
    } catch (error) {
      this.#fail(device, isNotOnline(error) ? notStarted() : error);
    }
    await this.tools.kept.keepBlock(this.job, at);
  }

  #complete(device: DeviceJob, response: Response): void {
    this.job.devices.change(device, { status: 'completed', ...(response ? { response } : {}) });
  }

  #fail(device: DeviceJob, error: unknown): void {
    const [code, description] =
      error instanceof HubError ? [error.errorName, error.message] : ['ServerError', 'The emulator failed.'];
    this.job.devices.change(device, { status: 'failed', error: { code, description } });
  }
}

function actionOf({ state: { work } }: Job, hub: JobTools['hub']): Action {
  if (work.type === 'scheduleDeviceMethod') {
    const call = work.cloudToDeviceMethod;
    return (deviceId, connectTimeoutInSeconds) => hub.methods.invoke(deviceId, { ...call, connectTimeoutInSeconds });
  }
  const write = parseTwinWrite(work.updateTwin);
  return async (deviceId) => {
    await hub.patchTwin(deviceId, write);
    return undefined;
  };
}

/** A device costs what is sent to it, and what it answers; one that fails costs nothing. */
function metered(act: Action, { state: { work } }: Job, meter: Meter | undefined): Action {
  if (!meter) return act;
  const sent = bytesOf(work.type === 'scheduleUpdateTwin' ? work.updateTwin : work.cloudToDeviceMethod.payload);
  return async (...call) => {
    meter.check();
    const response = await act(...call);
    meter.charge(sent);
    if (response) meter.charge(bytesOf(response.payload));
    return response;
  };
}

function bytesOf(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function isNotOnline(error: unknown): boolean {
  return error instanceof HubError && error.errorName === 'DeviceNotOnline';
}

function notStarted(): HubError {
  const text = 'either device did not come online or invalid endTime specified.';
  return new HubError('JobRunPreconditionFailed', `The job did not start within specified period: ${text}`);
}

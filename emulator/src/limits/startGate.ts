import { setMaxListeners } from 'node:events';
import { Faults } from '../faults/faults';
import { type Clock, systemClock } from './clock';
import { Gate } from './gate';
import { Limits } from './limits';
import type { Sku } from './tier';

/** Options of {@link startGate}. */
export interface StartGateOptions {
  sku?: Sku | undefined;
  units?: number | undefined;
  burstSeconds?: number | undefined;
  retryAfterSeconds?: number | undefined;
  faultSeed?: number | undefined;
  clock?: Clock | undefined;
}

/** A gate in use. */
export interface RunningGate {
  gate: Gate;
  faults: Faults;
  /** Absent where nothing is limited. */
  limits: Limits | undefined;
  /** Ends all waits. */
  stop(): void;
}

const defaultSeed = 1;

/** @throws Error where the SKU does not come with so many units. */
export function startGate(options: StartGateOptions): RunningGate {
  const { sku, clock = systemClock, faultSeed = defaultSeed } = options;
  const stopping = new AbortController();
  // Any number of requests may wait.
  setMaxListeners(0, stopping.signal);
  const faults = new Faults(faultSeed);
  const limits = sku && new Limits({ ...options, sku }, clock, stopping.signal);
  const gate = new Gate({ limits, faults, clock, stopped: stopping.signal });
  return { gate, faults, limits, stop: () => stopping.abort() };
}

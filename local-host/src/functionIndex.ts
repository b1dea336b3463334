import { join } from 'node:path';
import type { Checkpoint } from '@azure/event-hubs';
import type { Registrations } from './core/coreModule';
import { HostFunction } from './hostFunction';
import { FunctionRoutes } from './http/functionRoutes';
import type { Log } from './log';
import { outputSenders } from './outputs/outputs';
import type { HostJson } from './settings';
import { StateFile } from './stateFile';
import { isEventGrid } from './triggers/eventGrid';
import { EventHubReader } from './triggers/eventHub';
import type { Listener } from './triggers/listener';
import { QueueReader } from './triggers/queue';
import { Timer, type TimerStatus } from './triggers/timer';

/** The functions of an app and what their triggers need. One that cannot be indexed is left out, and its error kept. */
export class FunctionIndex {
  readonly functions: HostFunction[] = [];
  readonly listeners: Listener[] = [];
  readonly routes: FunctionRoutes;
  /** Why functions could not be indexed, by name. */
  readonly errors = new Map<string, string>();
  readonly #log: Log;
  readonly #hostJson: HostJson;
  readonly #capabilities: Registrations['capabilities'];
  readonly #timers: StateFile<TimerStatus>;
  readonly #checkpoints: StateFile<Checkpoint>;

  constructor(registrations: Registrations, hostJson: HostJson, { stateDir, log }: { stateDir: string; log: Log }) {
    this.routes = new FunctionRoutes(hostJson.routePrefix);
    this.#log = log;
    this.#hostJson = hostJson;
    this.#capabilities = registrations.capabilities;
    this.#timers = new StateFile(join(stateDir, 'timers.json'));
    this.#checkpoints = new StateFile(join(stateDir, 'checkpoints.json'));
    const outputs = outputSenders(hostJson);
    for (const registered of registrations.functions) {
      const { name } = registered.metadata;
      try {
        const fn = new HostFunction(registrations, registered, outputs, log);
        this.#listenFor(fn);
        this.functions.push(fn);
      } catch (error) {
        const fault = error instanceof Error ? error.message : String(error);
        this.errors.set(name, fault);
        log('error', 'system', `The '${name}' function is in error: ${fault}`);
      }
    }
  }

  /** @throws Error where the trigger is not valid, or of a type that is not served. */
  #listenFor(fn: HostFunction): void {
    const listener = this.#listener(fn);
    if (listener && !fn.disabled) this.listeners.push(listener);
  }

  #listener(fn: HostFunction): Listener | undefined {
    switch (fn.trigger.type.toLowerCase()) {
      case 'httptrigger':
        this.routes.add(fn);
        return undefined;
      case 'timertrigger':
        return new Timer(fn, this.#timers, this.#log);
      case 'eventhubtrigger':
        return new EventHubReader(fn, {
          maxBatchSize: this.#hostJson.maxEventBatchSize,
          keepsEmpty: Boolean(this.#capabilities.IncludeEmptyEntriesInMessagePayload?.trim()),
          checkpoints: this.#checkpoints,
          log: this.#log,
        });
      case 'queuetrigger':
        return new QueueReader(fn, this.#hostJson.queues, this.#log);
      default:
        if (!isEventGrid(fn))
          throw new Error(`Triggers of type '${fn.trigger.type}' are not served by the local host.`);
        return undefined;
    }
  }
}

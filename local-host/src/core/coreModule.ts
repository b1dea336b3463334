import { Module } from 'node:module';
import type { Log } from '../log';
import type { FunctionCallback, FunctionMetadata, LogLevel, ProgrammingModel } from './rpc';

/** Events of an app that code can hook into. */
const hookNames = ['preInvocation', 'postInvocation', 'appStart', 'appTerminate'] as const;
export type HookName = (typeof hookNames)[number];
export type Hook = (context: Record<string, unknown>) => unknown;

/** A function as the app registered it. */
export interface RegisteredFunction {
  metadata: FunctionMetadata;
  callback: FunctionCallback;
}

/** What an app registers while it loads. */
export class Registrations {
  readonly functions: RegisteredFunction[] = [];
  readonly hooks: Record<HookName, Hook[]> = { preInvocation: [], postInvocation: [], appStart: [], appTerminate: [] };
  /** What hooks of the app's start and end share with each other, and what all hooks of the worker share. */
  readonly appHooks = { hookData: {}, appHookData: {} };
  model: ProgrammingModel | undefined;
  /** What the worker and the app announce that they can do, by the names of the host. */
  capabilities: Readonly<Record<string, string>> = {};
  /** Set once the app has loaded: what comes later is refused. */
  locked = false;

  add(metadata: FunctionMetadata, callback: FunctionCallback): void {
    if (this.locked) throw systemError('A function can only be registered during app startup.');
    if (this.functions.some((each) => each.metadata.name === metadata.name)) {
      throw systemError(`A function with name "${metadata.name}" has already been registered.`);
    }
    this.functions.push({ metadata, callback });
  }
}

/** As the worker names itself to the library. */
const version = '3.10.1';

/**
 * Answers `require('@azure/functions-core')`, a module that exists only inside a worker, with one that collects what the
 * app registers. Must be in place before the app is loaded: the library looks once.
 */
export function installCoreModule(registrations: Registrations, log: Log): void {
  const core = {
    version,
    hostVersion: '4.0.0',
    Disposable,
    setProgrammingModel: (model: ProgrammingModel) => {
      registrations.model = model;
    },
    getProgrammingModel: () => registrations.model,
    registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) => {
      registrations.add(metadata, callback);
      return new Disposable(() => remove(registrations.functions, ({ callback: each }) => each === callback));
    },
    registerHook: (name: string, hook: Hook) => {
      if (!isHookName(name)) throw Object.assign(new RangeError(`Unrecognized hook "${name}"`), system);
      registrations.hooks[name].push(hook);
      return new Disposable(() => remove(registrations.hooks[name], (each) => each === hook));
    },
    log: (level: LogLevel, category: string, message: string) => log(level, category, message),
  };
  const load = Module.prototype.require;
  Module.prototype.require = Object.assign(function (this: Module, id: string): unknown {
    return id === '@azure/functions-core' ? core : load.call(this, id);
  }, load);
}

class Disposable {
  static from(...disposables: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      for (const each of disposables) each.dispose();
    });
  }

  constructor(readonly dispose: () => void) {}
}

/** Marks errors of the platform: the library words them for the user. */
const system = { isAzureFunctionsSystemError: true };

function systemError(message: string): Error {
  return Object.assign(new Error(message), system);
}

function isHookName(name: string): name is HookName {
  return (hookNames as readonly string[]).includes(name);
}

function remove<T>(items: T[], matches: (item: T) => boolean): void {
  const index = items.findIndex(matches);
  if (index >= 0) items.splice(index, 1);
}

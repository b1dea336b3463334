import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import type { RegisteredFunction, Registrations } from './core/coreModule';
import { invoke } from './core/invoke';
import type { Binding, InvocationRequest, InvocationResponse, TraceContext, TypedData } from './core/rpc';
import type { Log } from './log';
import type { OutputSenders } from './outputs/outputs';
import { isDisabled, resolveSettings } from './settings';

/** What an invocation gets from its trigger. */
export interface TriggerInput {
  /** Of the invocation; a new one where there is none. */
  id?: string;
  /** What it is called with, or what makes that; where that fails, so does the invocation. */
  data: TypedData | (() => TypedData);
  metadata?: Record<string, TypedData>;
  retry?: InvocationRequest['retryContext'] | undefined;
  /** What the log tells of the trigger beside the reason. */
  details?: string;
}

/** A function that the host runs. */
export class HostFunction {
  readonly name: string;
  /** The trigger's binding with its `%SETTINGS%` resolved, and its key in the app's registration. */
  readonly trigger: Binding & { key: string };
  readonly disabled: boolean;
  readonly #outputs: [key: string, binding: Binding][];

  /** @throws Error that says why the function cannot be indexed. */
  constructor(
    private readonly registrations: Registrations,
    readonly registered: RegisteredFunction,
    private readonly outputs: OutputSenders,
    private readonly log: Log,
  ) {
    const { name, bindings } = registered.metadata;
    if (!/^[a-z][a-z0-9_-]{0,127}$/i.test(name) || name.toLowerCase() === 'host') {
      throw new Error(`'${name}' is not a valid function name.`);
    }
    const trigger = Object.entries(bindings).find(([, { type }]) => /trigger$/i.test(type));
    if (!trigger) throw new Error('No trigger binding.');
    this.name = name;
    this.trigger = { ...resolved(trigger[1]), key: trigger[0] };
    this.disabled = isDisabled(name);
    const outs = Object.entries(bindings).filter(([, { direction }]) => direction === 'out');
    this.#outputs = outs.map(([key, binding]) => [key, resolved(binding)]);
    for (const [, { type }] of this.#outputs) {
      if (!outputs.has(type.toLowerCase())) throw new Error(`Output bindings of type '${type}' are not served.`);
    }
  }

  /**
   * Runs the function once, sends what it leaves to its output bindings, and logs start and end.
   *
   * @throws what the function threw; where an output could not be sent.
   */
  async invoke(input: TriggerInput, reason: string): Promise<InvocationResponse> {
    const { id: invocationId = randomUUID(), data, metadata, retry, details } = input;
    const start = performance.now();
    const ended = (outcome: string) => {
      const duration = `${Math.round(performance.now() - start)}ms`;
      this.log(
        'information',
        'system',
        `Executed 'Functions.${this.name}' (${outcome}, Id=${invocationId}, Duration=${duration})`,
      );
    };
    this.log('information', 'system', `Executing 'Functions.${this.name}' (Reason='${reason}', Id=${invocationId})`);
    if (details) this.log('information', 'system', `Trigger Details: ${details}`);
    try {
      const response = await invoke(
        this.registrations,
        this.registered,
        {
          invocationId,
          inputData: [{ name: this.trigger.key, data: typeof data === 'function' ? data() : data }],
          ...(metadata ? { triggerMetadata: metadata } : {}),
          traceContext: newTrace(),
          ...(retry ? { retryContext: retry } : {}),
        },
        this.log,
      );
      await this.#send(response);
      ended('Succeeded');
      return response;
    } catch (error) {
      ended('Failed');
      this.log('error', 'system', `Functions.${this.name}: ${error instanceof Error ? error.stack : inspect(error)}`);
      throw error;
    }
  }

  async #send({ outputData = [], returnValue }: InvocationResponse): Promise<void> {
    for (const [key, binding] of this.#outputs) {
      const value = key === '$return' ? returnValue : outputData.find(({ name }) => name === key)?.data;
      if (value) await this.outputs.get(binding.type.toLowerCase())?.(binding, value);
    }
  }
}

/** Each invocation begins a trace of its own, as those of the real host without a caller's. */
function newTrace(): TraceContext {
  // Node draws these in advance, a hundred at a time.
  const [traceId, other] = [randomUUID(), randomUUID()].map((id) => id.replaceAll('-', ''));
  return { traceParent: `00-${traceId}-${other?.slice(0, 16)}-00`, traceState: '', attributes: {} };
}

function resolved(binding: Binding): Binding {
  return Object.fromEntries(
    Object.entries(binding).map(([name, value]) => [name, typeof value === 'string' ? resolveSettings(value) : value]),
  ) as Binding;
}

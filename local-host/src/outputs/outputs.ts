import type { Binding, TypedData } from '../core/rpc';
import type { HostJson } from '../settings';
import { sendEvents } from './eventGrid';
import { sendMessages } from './queue';

/** By the type of an output binding, in lower case: sends what a function left to it. */
export type OutputSenders = ReadonlyMap<string, (binding: Binding, value: TypedData) => Promise<void>>;

/** The output bindings that are served. */
export function outputSenders({ queues }: HostJson): OutputSenders {
  return new Map([
    // The response to a request: who invokes the function answers it.
    ['http', async () => {}],
    ['eventgrid', sendEvents],
    ['queue', (binding, value) => sendMessages(binding, value, queues.messageEncoding)],
  ]);
}

import { readJson } from '../dotnet/newtonsoft';
import type { HostFunction } from '../hostFunction';
import { toTriggerInput } from '../queues/queueMessage';
import { isEventGrid, runOnEvent, toEvent } from './eventGrid';
import { toTriggerData } from './eventHubData';
import { timerData } from './timer';

const reason = 'This function was programmatically called via the host APIs.';

/**
 * Runs a function out of turn, as `POST /admin/functions/NAME` asks for. A timer has no use for the input; Event Grid
 * takes it as an event, an Event Hub as the body of one, a queue as a message.
 *
 * @throws what the function throws; Error where the input is not what the trigger takes.
 */
export async function runManually(fn: HostFunction, input: string): Promise<void> {
  if (isEventGrid(fn)) return runOnEvent(fn, toEvent(readJson(input)));
  await fn.invoke(manualInput(fn, input), reason);
}

function manualInput({ trigger }: HostFunction, input: string) {
  switch (trigger.type.toLowerCase()) {
    case 'timertrigger':
      return { data: timerData(null, false) };
    case 'eventhubtrigger':
      return {
        data: toTriggerData([Buffer.from(input)], trigger.dataType, true),
        metadata: { PropertiesArray: { json: '[{}]' } },
      };
    case 'queuetrigger':
      return toTriggerInput(Buffer.from(input), { dequeueCount: 0 }) ?? { data: { string: input } };
    default:
      return { data: { string: input } };
  }
}

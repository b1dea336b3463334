import { app, type InvocationContext } from '@azure/functions';
import { describeEvent } from '../changes/describeEvent';
import { SeenEvents } from '../changes/seenEvents';
import { twinEventSchema } from '../changes/twinEvent';
import { describeFaults } from '../describeFaults';

/** Says what changed, and whether this instance has heard of it before. */
export function onTwinChange(event: unknown, context: InvocationContext, seen: SeenEvents): void {
  const { success, data, error } = twinEventSchema.safeParse(event);
  // Not an error of the invocation: Event Grid would deliver it again, thirty times.
  if (!success) context.error(`Event ignored, not a CloudEvent of this app: ${describeFaults(error)}.`);
  else context.log(describeEvent(data, seen.see(data)));
}

const seenByThisInstance = new SeenEvents();

app.eventGrid<unknown>('onTwinChange', {
  handler: (event, context) => onTwinChange(event, context, seenByThisInstance),
});

import type { InvocationContext } from '@azure/functions';
import { describeEvent } from '../changes/describeEvent';
import { SeenEvents } from '../changes/seenEvents';
import { twinEventSchema } from '../changes/twinEvent';
import { describeFaults } from '../describeFaults';
import { react } from '../reactions/react';
import { services as processServices, type Services } from '../services';

const seenByThisInstance = new SeenEvents();

/** Says what changed, and whether this instance has heard of it before; then reacts to it. */
export async function onTwinChange(
  event: unknown,
  context: InvocationContext,
  services: Services = processServices,
  seen: SeenEvents = seenByThisInstance,
): Promise<void> {
  const { success, data, error } = twinEventSchema.safeParse(event);
  // Not an error of the invocation: Event Grid would deliver it again, thirty times.
  if (!success) return context.error(`Event ignored, not a CloudEvent of this app: ${describeFaults(error)}.`);
  context.log(describeEvent(data, seen.see(data)));
  await react(data, services);
}

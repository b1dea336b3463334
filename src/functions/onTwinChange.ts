import type { InvocationContext } from '@azure/functions';
import { describeEvent } from '../changes/describeEvent';
import { SeenEvents } from '../changes/seenEvents';
import { twinEventSchema } from '../changes/topicEvent';
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
  if (!success) return putAside(event, describeFaults(error), context, services);
  context.log(describeEvent(data, seen.see(data)));
  await react(data, services);
}

/** Not an error of the invocation, unless it cannot be kept: Event Grid would deliver the event again, thirty times. */
async function putAside(event: unknown, fault: string, context: InvocationContext, services: Services): Promise<void> {
  const store = services.records()?.putAside;
  await store?.keepEvent(event, fault);
  context.error(`Event ${store ? 'put aside' : 'skipped'}, not a CloudEvent of this app: ${fault}.`);
}

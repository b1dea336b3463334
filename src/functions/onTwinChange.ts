import type { InvocationContext } from '@azure/functions';
import { reactionMeans } from '../app/reactionMeans';
import type { Services } from '../app/services';
import { deadlines } from '../azure/hub/deadlines';
import { describeEvent } from '../changes/describeEvent';
import { doubtsOf } from '../changes/doubts';
import { SeenEvents } from '../changes/seenEvents';
import { twinEventSchema } from '../changes/topicEvent';
import { describeFaults } from '../errors/describeFaults';
import { react } from '../reactions/react';

const seenByThisInstance = new SeenEvents();

/** Says what changed, unless that cannot be, and whether this instance has heard of it before; then reacts to it. */
export async function onTwinChange(
  event: unknown,
  context: InvocationContext,
  services: Services,
  seen: SeenEvents = seenByThisInstance,
): Promise<void> {
  const { success, data, error } = twinEventSchema.safeParse(event);
  if (!success) return putAside(event, `not a CloudEvent of this app: ${describeFaults(error)}`, context, services);
  const doubts = await doubtsOf(data, services.hub(deadlines.request));
  if (doubts !== undefined) return putAside(event, `not to be believed: ${doubts}`, context, services);
  context.log(describeEvent(data, seen.see(data)));
  await react(data, reactionMeans(services));
}

/** Not an error of the invocation, unless it cannot be kept: Event Grid would deliver the event again, thirty times. */
async function putAside(event: unknown, fault: string, context: InvocationContext, services: Services): Promise<void> {
  const store = services.records()?.putAside;
  await store?.keepEvent(event, fault);
  context.error(`Event ${store ? 'put aside' : 'skipped'}, ${fault}.`);
}

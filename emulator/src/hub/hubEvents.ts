import { EventEmitter } from 'node:events';
import type { HubEventMap, RoutedMessage, RouteSource } from '../service/types';

/** What happens in a hub, as its doors and routes hear of it. */
export class HubEvents extends EventEmitter<HubEventMap> {
  readonly #wanted = new Set<RouteSource>();

  /** From now on tells of messages of these sources too. */
  want(sources: Iterable<RouteSource>): void {
    for (const source of sources) this.#wanted.add(source);
  }

  /** Tells of a message that is made only where somebody wants it: most hubs route few sources, or none. */
  message(source: RouteSource, make: () => RoutedMessage): void {
    if (this.#wanted.has(source)) this.emit('message', make());
  }
}

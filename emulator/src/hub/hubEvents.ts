import { EventEmitter } from 'node:events';
import type { HubEventMap, RoutedMessage } from './types';

/** What happens in a hub, as its doors and routes hear of it. */
export class HubEvents extends EventEmitter<HubEventMap> {
  /** Tells of a message that is made only where somebody listens. */
  message(make: () => RoutedMessage): void {
    if (this.listenerCount('message') > 0) this.emit('message', make());
  }
}

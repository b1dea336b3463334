import type { Hub } from '../iotHub';
import type { RoutedMessage } from '../service/types';
import type { Faults } from './faults';

/** Raises notifications a second time where a fault asks for it. To be called when all who listen to them do. */
export function duplicateNotifications({ events }: Pick<Hub, 'events'>, faults: Faults): void {
  let repeating = false;
  events.on('message', (message: RoutedMessage) => {
    if (repeating || message.source === 'DeviceMessages' || !faults.strikeNotification()) return;
    repeating = true;
    try {
      events.emit('message', message);
    } finally {
      repeating = false;
    }
  });
}

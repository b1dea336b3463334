import type { Client } from 'aedes';
import type { Hub } from '../hub/hub';
import type { Admission } from '../security/accessControl';
import { checkUserName } from './connect';
import { deliver } from './deliver';
import { desiredFilter } from './topics';

/** Longest time that a timer can wait, in milliseconds; tokens may last longer. */
const maxTimerMs = 2 ** 31 - 1;

/** The devices that are connected: at most one connection each. */
export class Connections {
  readonly #clients = new Map<string, Client>();
  readonly #expiries = new WeakMap<Client, NodeJS.Timeout>();

  constructor(private readonly hub: Hub) {
    hub.events.on('identityGone', ({ deviceId }) => this.#clients.get(deviceId)?.close());
    hub.events.on('desired', ({ deviceId, patch }) => {
      const client = this.#clients.get(deviceId);
      const topic = `$iothub/twin/PATCH/properties/desired/?$version=${patch.$version}`;
      // Told to those who listen now, and never queued: a device reads its twin when it connects.
      const { $metadata, ...told } = patch;
      if (client) deliver(client, desiredFilter, topic, told);
    });
  }

  /**
   * Lets a device in, until its token expires.
   *
   * @throws Error where the user name is not that of the device.
   */
  admit(client: Client, { expiresAt }: Admission, userName: string | undefined): void {
    checkUserName(userName, client.id);
    const expiry = setTimeout(() => client.close(), Math.min(expiresAt - Date.now(), maxTimerMs));
    this.#expiries.set(client, expiry.unref());
  }

  opened(client: Client): void {
    this.#clients.set(client.id, client);
    this.hub.setConnectionState(client.id, true);
  }

  closed(client: Client): void {
    clearTimeout(this.#expiries.get(client));
    // A device that connected again has taken the place of this connection already.
    if (this.#clients.get(client.id) !== client) return;
    this.#clients.delete(client.id);
    this.hub.setConnectionState(client.id, false);
  }
}

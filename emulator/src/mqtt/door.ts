import type { Duplex } from 'node:stream';
import type { Packet } from 'mqtt-packet';
import { idOf } from '../hub/identity';
import type { DeliveredCall } from '../hub/methods';
import type { Hub } from '../iotHub';
import type { Gate } from '../limits/gate';
import type { AccessControl } from '../security/accessControl';
import type { ClientCertificate } from '../security/clientCertificate';
import type { DesiredChange, IdentityGone } from '../service/types';
import type { Store } from '../store/store';
import { Lobby } from '../wire/lobby';
import { Connection, type ConnectionOwner, type Subscription } from './connection';
import { publishWill } from './control/publish';
import type { DeviceDoor } from './deviceDoor';
import { dispatch } from './dispatch';
import { giveMessages } from './handlers/giveMessages';
import { Sessions } from './sessions';
import { desiredFilter, methodFilters } from './topics/topics';

export interface DoorOptions {
  hub: Hub;
  access: AccessControl;
  gate: Gate;
  /** Where sessions outlive the process; in memory only where absent. */
  store?: Store | undefined;
  log: (line: string) => void;
}

/** How often the hub looks for connections whose time is over, in milliseconds. */
const sweepMs = 1000;

/**
 * The door for devices and modules, whatever carries their MQTT: at most one connection each. Nothing passes from one to
 * another: what a device publishes goes to the hub, and what the hub tells goes to the one device.
 */
export class Door implements DeviceDoor, ConnectionOwner {
  readonly hub: Hub;
  readonly access: AccessControl;
  readonly gate: Gate;
  readonly sessions: Sessions;
  readonly log: (line: string) => void;
  /** Those whose CONNECT has not come yet among them. */
  readonly #all = new Set<Connection>();
  readonly #lobby = new Lobby<Connection>((connection, reason) => connection.close(reason));
  readonly #open = new Map<string, Connection>();
  readonly #sweeper: NodeJS.Timeout;

  constructor({ hub, access, gate, store, log }: DoorOptions) {
    this.hub = hub;
    this.access = access;
    this.gate = gate;
    this.log = log;
    this.sessions = new Sessions(store, log);
    hub.events.on('identityGone', (gone) => this.#identityGone(gone));
    hub.events.on('desired', (change) => this.#desired(change));
    hub.methods.deliverTo((id, call) => this.#call(id, call));
    hub.messages.available.on('available', (id) => this.#giveMessages(id));
    // One look at all of them costs less than two timers each.
    this.#sweeper = setInterval(() => this.#sweep(), sweepMs).unref();
  }

  /** Takes a client that dialled. */
  accept(stream: Duplex, certificate: () => ClientCertificate | undefined): void {
    const connection = new Connection(stream, certificate, this);
    this.#all.add(connection);
    this.#lobby.enter(connection);
  }

  take(connection: Connection, packet: Packet): void {
    dispatch(connection, packet, this);
  }

  opened(connection: Connection): void {
    this.#lobby.leave(connection);
    const { id } = connection;
    this.#open.set(id, connection);
    this.hub.connect(id, connection);
    this.#giveMessages(id);
  }

  change(connection: Connection, subscriptions: readonly Subscription[], done: () => void): void {
    const { session } = connection;
    if (!session) return;
    session.subscriptions = subscriptions;
    this.hub.methods.listening(session.id);
    const changed = () => {
      done();
      this.#giveMessages(session.id);
    };
    if (session.clean) changed();
    else this.sessions.change(session.id, subscriptions).then(changed, (error: Error) => connection.close(error));
  }

  ended(connection: Connection, error?: Error): void {
    this.#all.delete(connection);
    this.#lobby.leave(connection);
    const { session, id } = connection;
    if (error)
      this.log(
        session ? `MQTT: '${id}' disconnected: ${error.message}` : `MQTT: a connection failed: ${error.message}`,
      );
    if (!session) return;
    this.#publishWill(connection);
    // A device that connected again has taken the place of this connection already.
    if (this.#open.get(id) === connection) this.#open.delete(id);
    this.hub.disconnect(id, connection);
  }

  stop(): void {
    clearInterval(this.#sweeper);
    for (const connection of this.#all) connection.close();
  }

  #publishWill(connection: Connection): void {
    const will = connection.session?.will;
    if (!will) return;
    // Its device may be gone, too.
    publishWill(connection, will, this).catch((error: Error) =>
      this.log(`MQTT: the will of '${connection.id}' was not sent: ${error.message}`),
    );
  }

  #sweep(): void {
    const now = Date.now();
    this.#lobby.sweep(now);
    for (const connection of this.#all) {
      const reason = connection.overdue(now);
      if (reason) connection.close(reason);
    }
  }

  #identityGone(gone: IdentityGone): void {
    const id = idOf(gone);
    if (gone.reason === 'deleted') this.sessions.end(id);
    const reasons = { deleted: 'was deleted', disabled: 'was disabled', keysChanged: 'is to prove itself anew' };
    this.#open.get(id)?.close(new Error(`its identity ${reasons[gone.reason]}`));
  }

  /** Told to those who listen now, and never queued: a device reads its twin when it connects. */
  #desired({ patch, ...ids }: DesiredChange): void {
    const { $metadata, ...told } = patch;
    const topic = `$iothub/twin/PATCH/properties/desired/?$version=${patch.$version}`;
    this.#open.get(idOf(ids))?.deliver([desiredFilter], topic, JSON.stringify(told));
  }

  #giveMessages(id: string): void {
    const connection = this.#open.get(id);
    if (connection) giveMessages(connection, this.hub.messages);
  }

  #call(id: string, { requestId, methodName, payload }: DeliveredCall): boolean {
    const topic = `$iothub/methods/POST/${methodName}/?$rid=${requestId}`;
    return this.#open.get(id)?.deliver(methodFilters(methodName), topic, JSON.stringify(payload)) ?? false;
  }
}

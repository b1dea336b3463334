import type { AmqpNode, NodeFamily } from '../amqp/node';
import type { Peer } from '../amqp/peer';
import type { Answer } from '../amqp/replies';
import type { AccessControl } from '../security/accessControl';
import { parseHubAddress } from './address';
import { Credentials } from './credentials';
import { DeviceNodes } from './deviceNodes';
import type { DeviceOptions } from './deviceOptions';
import { builtInNode, serviceNode } from './serviceNodes';

/** What a hub is over AMQP. */
export interface HubNodesOptions extends DeviceOptions {
  access: AccessControl;
}

const accepted: Answer = { statusCode: 200, statusDescription: 'OK' };

/** The hub over AMQP, for services and devices (Azure IoT Hub, "Communicate with your IoT hub by using AMQP"). */
export class HubNodes implements NodeFamily {
  readonly #credentials = new WeakMap<Peer, Credentials>();
  readonly #devices: DeviceNodes;

  constructor(private readonly options: HubNodesOptions) {
    this.#devices = new DeviceNodes(options, (peer) => this.#credentialsOf(peer));
  }

  find(address: string): AmqpNode | undefined {
    const found = parseHubAddress(address, (id) => this.options.hub.findTwin(id) !== undefined);
    if (found?.of === 'device') return this.#devices.node(found.id, found.endpoint);
    if (found?.of === 'service') {
      return serviceNode(found.endpoint, this.options, (peer) => this.#credentialsOf(peer));
    }
    if (found?.of === 'events') return builtInNode(this.options.hub.name, (peer) => this.#credentialsOf(peer));
    return undefined;
  }

  putToken(token: string, peer: Peer): Answer | Promise<Answer> | undefined {
    const { access, hub } = this.options;
    const credentials = this.#credentialsOf(peer);
    const [, jwt] = /^(?:Bearer )?([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(token) ?? [];
    try {
      if (jwt === undefined) {
        credentials.add(access.proveSas(hub, token));
        return accepted;
      }
    } catch {
      // Perhaps it is one of Event Hubs.
      return undefined;
    }
    const refused = (error: Error): Answer => ({ statusCode: 401, statusDescription: error.message });
    return access
      .proveBearer(jwt)
      .then((proven) => {
        credentials.add(proven);
        return accepted;
      })
      .catch(refused);
  }

  /** A service's `policy@sas.root.hub`, or a device's `device@sas.hub`, with a token as its password. */
  signIn(user: string, password: string): boolean {
    const { access, hub } = this.options;
    try {
      return user.includes('@sas.') && access.proveSas(hub, password) !== undefined;
    } catch {
      return false;
    }
  }

  signedIn(_user: string, password: string, peer: Peer): void {
    this.putToken(password, peer);
  }

  stop(): void {
    this.#devices.stop();
  }

  #credentialsOf(peer: Peer): Credentials {
    const known = this.#credentials.get(peer);
    if (known) return known;
    const { hub, access } = this.options;
    const credentials = new Credentials(hub, access, peer);
    this.#credentials.set(peer, credentials);
    return credentials;
  }
}

import type { Peer } from '../amqp/peer';
import type { Hub } from '../iotHub';
import type { AccessControl, Admission, ProvenToken } from '../security/accessControl';
import type { Right } from '../security/policies';
import { HubError } from '../service/hubError';

/** Most tokens of a connection: one for each of the devices that share it. */
const maxTokens = 5000;

/** What a connection may: by the tokens that it has put, each as long as it is good, and by its certificate. */
export class Credentials {
  /** By what they are for, so that one which is renewed takes the place of the one before. */
  readonly #tokens = new Map<string, ProvenToken>();

  constructor(
    private readonly hub: Hub,
    private readonly access: AccessControl,
    private readonly peer: Peer,
  ) {}

  /** @throws HubError where it is one more than a connection may have. */
  add(token: ProvenToken): void {
    if (this.#tokens.size >= maxTokens && !this.#tokens.has(token.scope)) {
      throw new HubError('IotHubUnauthorized', `A connection may have ${maxTokens} tokens.`);
    }
    this.#tokens.set(token.scope, token);
    this.peer.signedIn();
  }

  /**
   * Lets a device or module of this connection in.
   *
   * @throws HubError IotHubUnauthorizedAccess
   */
  admit(id: string): Admission {
    const certificate = this.peer.certificate;
    for (const { text, isFor } of this.#tokens.values()) {
      if (!isFor(id)) continue;
      try {
        return this.access.admit(this.hub, id, { password: text, certificate });
      } catch {
        // Perhaps another one is good.
      }
    }
    const admission = this.access.admit(this.hub, id, { password: '', certificate });
    this.peer.signedIn();
    return admission;
  }

  /** Whether a service of this connection has a right; with a bearer token by the data action. */
  may(right: Right, action: string, path: readonly string[]): boolean {
    return [...this.#tokens.values()].some((token) => token.gives(right, action, path));
  }
}

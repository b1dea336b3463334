import { isMatch } from '../hub/etag';
import { HubError } from '../service/hubError';
import { serviceTime } from '../service/time';
import type { Store } from '../store/store';
import { type Configuration, type ConfigurationInput, etagOf } from './configuration';

/** Most configurations of a hub (Azure IoT Hub, "Quotas and throttling"). */
const maxConfigurations = 100;

/** The automatic configurations of a hub. They are kept, and applied to no twin. */
export class Configurations {
  readonly #configurations = new Map<string, Configuration>();

  constructor(private readonly store: Store | undefined) {
    const kept = [...(store?.all('configuration') ?? [])].map(([, text]): Configuration => JSON.parse(text));
    for (const each of kept.sort((one, other) => (one.createdTimeUtc < other.createdTimeUtc ? -1 : 1))) {
      this.#configurations.set(each.id, each);
    }
  }

  /** @throws HubError ConfigurationNotFound */
  get(id: string): Configuration {
    const found = this.#configurations.get(id);
    if (!found) throw new HubError('ConfigurationNotFound', `Configuration with id '${id}' does not exist on IotHub.`);
    return found;
  }

  /** Those that were made first. */
  list(top: number): Configuration[] {
    return [...this.#configurations.values()].slice(0, top);
  }

  /** @throws HubError ConfigurationAlreadyExists, in the words of a real hub, ArgumentInvalid, ServiceUnavailable */
  create(input: ConfigurationInput): Promise<Configuration> {
    const { id } = input;
    if (this.#configurations.has(id)) {
      throw new HubError('ConfigurationAlreadyExists', `Configuration with id '${id}' already exist on IotHub.`);
    }
    if (this.#configurations.size >= maxConfigurations) {
      throw new HubError('ArgumentInvalid', `A hub has ${maxConfigurations} configurations at most.`);
    }
    const now = serviceTime();
    return this.#keep({ ...input, writes: 1, createdTimeUtc: now, lastUpdatedTimeUtc: now });
  }

  /**
   * Its content stays (azure-iot-cli-extension, help of `iot hub configuration update`).
   *
   * @throws HubError ConfigurationNotFound, PreconditionFailed, ServiceUnavailable
   */
  update(input: ConfigurationInput, ifMatch: string): Promise<Configuration> {
    const before = this.#checked(input.id, ifMatch);
    const { createdTimeUtc, content, writes } = before;
    return this.#keep({ ...input, content, createdTimeUtc, writes: writes + 1, lastUpdatedTimeUtc: serviceTime() });
  }

  /** @throws HubError ConfigurationNotFound, PreconditionFailed, ServiceUnavailable */
  async remove(id: string, ifMatch: string): Promise<void> {
    this.#checked(id, ifMatch);
    this.store?.check();
    this.#configurations.delete(id);
    await this.store?.delete('configuration', id);
  }

  #checked(id: string, ifMatch: string): Configuration {
    const found = this.get(id);
    if (isMatch(ifMatch, etagOf(found))) return found;
    throw new HubError('PreconditionFailed', `The etag of the configuration '${id}' is '${etagOf(found)}'.`);
  }

  async #keep(configuration: Configuration): Promise<Configuration> {
    this.store?.check();
    this.#configurations.set(configuration.id, configuration);
    await this.store?.put('configuration', configuration.id, JSON.stringify(configuration));
    return configuration;
  }
}

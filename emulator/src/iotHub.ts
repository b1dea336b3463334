import type { EventMessage } from './amqp/message/eventMessage';
import { Configurations } from './configurations/configurations';
import type { SymmetricKey } from './hub/authentication';
import { type Device, toDocument } from './hub/device';
import { isMatch } from './hub/etag';
import { Fleet } from './hub/fleet';
import { HubEvents } from './hub/hubEvents';
import { type Identity, idOf, splitId } from './hub/identity';
import { LateFleet } from './hub/lateFleet';
import { connectionStateMessage, telemetryMessage, twinChangeMessage } from './hub/messages';
import { Methods } from './hub/methods';
import { Registry } from './hub/registry';
import * as twins from './hub/twin';
import { type JobLimits, Jobs } from './jobs/jobs';
import { type Clock, systemClock } from './limits/clock';
import { CloudMessages } from './messages/cloudMessages';
import { type MessageRules, messageRules } from './messages/rules';
import { type QueryOptions, runQuery } from './query';
import type { PageRequest } from './query/page';
import { deviceNotFound, HubError } from './service/hubError';
import { serviceTime } from './service/time';
import type { JsonObject, QueryPage, TwinDocument } from './service/types';
import type { Store } from './store/store';

/** The connection of a device, as the hub needs to know it. */
export interface DeviceConnection {
  close(reason: Error): void;
}

/** What a hub is made of. */
export interface HubOptions {
  /** Host name in connection strings; the hub's name is its first label. */
  hostName: string;
  /** Keys for a new identity that brings none. */
  makeKeys: (id: string) => SymmetricKey;
  /** Where acknowledged changes outlive the process; in memory only where absent. */
  store?: Store;
  /** How queries are taken. */
  queries?: QueryOptions;
  /** What jobs may do. */
  jobLimits?: JobLimits;
  /** How messages to devices are treated. */
  messages?: MessageRules;
  /** The time of messages to devices. */
  clock?: Clock;
}

/**
 * The state of one hub: identities and twins, and the events of their lives. It knows no protocol. Devices and modules
 * are named alike: `device`, or `device/module`.
 *
 * Reads of one twin are synchronous, queries are not. A change is seen by readers at once, and its promise resolves when it
 * is durable.
 */
export class Hub {
  readonly name: string;
  /** Whether only what is documented is taken, where real hubs may take more. */
  readonly strict: boolean;
  readonly events = new HubEvents();
  readonly registry: Registry;
  readonly methods: Methods;
  readonly jobs: Jobs;
  readonly messages: CloudMessages;
  readonly configurations: Configurations;
  readonly #fleet: Fleet;
  readonly #connections = new Map<string, DeviceConnection>();
  readonly #queries: QueryOptions;
  /** What queries see, where that is not the present. */
  #late: LateFleet | undefined;

  constructor(options: HubOptions) {
    const {
      hostName,
      makeKeys,
      store,
      queries = {},
      jobLimits,
      messages = messageRules(),
      clock = systemClock,
    } = options;
    this.name = hostName.split('.')[0] ?? hostName;
    this.#fleet = new Fleet(store);
    this.#queries = queries;
    this.strict = queries.strict ?? false;
    this.registry = new Registry({ hubName: this.name, fleet: this.#fleet, events: this.events, makeKeys });
    this.methods = new Methods((id) => this.registry.get(id));
    this.jobs = new Jobs({ hub: this, store, limits: jobLimits });
    this.configurations = new Configurations(store);
    this.messages = new CloudMessages({
      rules: messages,
      clock,
      store,
      generationOf: (id) => this.#fleet.identityOf(id)?.generationId,
      counted: (id, waiting) => this.#fleet.connect(id, { waiting }),
    });
    this.events.on('identityGone', (gone) => {
      if (gone.reason === 'deleted') void this.messages.forget(idOf(gone)).catch(() => {});
    });
  }

  /**
   * A device or module as the hub has it. Of a missing module it says what the service says on the path of its twin.
   *
   * @throws HubError DeviceNotFound
   */
  getDevice(id: string): Device {
    const device = this.#fleet.find(id);
    if (!device) throw deviceNotFound(id);
    return device;
  }

  /** Its identity alone, which takes a fraction of the time. @throws HubError DeviceNotFound */
  getIdentity(id: string): Identity {
    const identity = this.#fleet.identityOf(id);
    if (!identity) throw deviceNotFound(id);
    return identity;
  }

  /** @throws HubError DeviceNotFound */
  getTwin(id: string): TwinDocument {
    return toDocument(this.getDevice(id));
  }

  /** The same as JSON. @throws HubError DeviceNotFound */
  getTwinText(id: string): string {
    const text = this.#fleet.textOf(id);
    if (text === undefined) throw deviceNotFound(id);
    return text;
  }

  /** The twin, if there is one; for who only looks. */
  findTwin(id: string): JsonObject | undefined {
    const device = this.#fleet.find(id);
    return device && { ...toDocument(device) };
  }

  /**
   * Merges a patch into tags and desired properties; without `ifMatch`, whatever the twin's etag.
   *
   * @throws HubError DeviceNotFound, PreconditionFailed, ArgumentInvalid
   */
  patchTwin(id: string, write: twins.TwinWrite, ifMatch?: string): Promise<TwinDocument> {
    return this.#writeTwin(id, ifMatch, 'updateTwin', (twin) => twins.patchTwin(twin, write));
  }

  /**
   * Replaces tags and desired properties; without `ifMatch`, whatever the twin's etag.
   *
   * @throws HubError DeviceNotFound, PreconditionFailed, ArgumentInvalid
   */
  replaceTwin(id: string, write: twins.TwinWrite, ifMatch?: string): Promise<TwinDocument> {
    return this.#writeTwin(id, ifMatch, 'replaceTwin', (twin) => twins.replaceTwin(twin, write));
  }

  /**
   * Merges a device's report, onto a version of its reported properties where one is named; resolves with the new one.
   *
   * @throws HubError DeviceNotFound, PreconditionFailed, ArgumentInvalid
   */
  async patchReported(id: string, patch: JsonObject, baseVersion?: number): Promise<number> {
    const write = (twin: twins.TwinState) => twins.patchReported(twin, patch, baseVersion);
    const { properties } = await this.#writeTwin(id, undefined, 'updateTwin', write);
    return properties.reported.$version;
  }

  /** Notes that a device connected: it has one connection, whatever door that is at, and the one before ends. */
  connect(id: string, connection: DeviceConnection): void {
    const before = this.#connections.get(id);
    this.#connections.set(id, connection);
    before?.close(new Error('it connected again'));
    this.setConnectionState(id, true);
    this.methods.listening(id);
  }

  /** Notes that a connection is over; of one that another has taken the place of, nothing. */
  disconnect(id: string, connection: DeviceConnection): void {
    if (this.#connections.get(id) !== connection) return;
    this.#connections.delete(id);
    this.setConnectionState(id, false);
  }

  /** Notes that a device connected or disconnected. */
  setConnectionState(id: string, connected: boolean): void {
    const known = this.#fleet.connectionOf(id);
    if (!known || known.connected === connected) return;
    const now = serviceTime();
    this.#fleet.connect(id, { connected, connectionChanged: now, lastActivity: now });
    this.events.message('DeviceConnectionStateEvents', () => connectionStateMessage(this.name, splitId(id), connected));
  }

  /** Whether a client is connected as a device. */
  hasClient(id: string): boolean {
    return this.#connections.has(id);
  }

  /** Notes when a device was last heard of. */
  noteActivity(id: string, lastActivity: string): void {
    this.#fleet.connect(id, { lastActivity });
  }

  /** Notes the model that a device says it is of; the etag of its identity stays. */
  async setModel(id: string, modelId: string): Promise<void> {
    if (this.#fleet.identityOf(id)?.modelId === modelId) return;
    const device = this.#fleet.find(id);
    if (device) await this.#fleet.change(device, { identity: { ...device.identity, modelId } });
  }

  /** Takes a device-to-cloud message with its decoded property bag; `encoded` where it came as AMQP has it. */
  telemetry(id: string, properties: Record<string, string>, body: Buffer, encoded?: EventMessage): void {
    const identity = this.getIdentity(id);
    this.#fleet.connect(id, { lastActivity: serviceTime() });
    this.events.message('DeviceMessages', () => telemetryMessage(identity, properties, body, encoded));
  }

  /** From now on has queries see the twins as they were so long ago. What there is now they see at once. */
  delayQueries(lagMs: number, clock: Clock): void {
    this.#late = new LateFleet(this.#fleet, lagMs, clock);
  }

  /**
   * Answers one page of a query, from twins as they are now, or were where queries are delayed.
   *
   * @throws QueryError where the text is not of the language, HubError NotImplemented where it asks for what is not served.
   */
  query(sql: string, page: PageRequest): Promise<QueryPage> {
    const { devices, modules } = this.#late ?? this.#fleet;
    return runQuery(sql, { twins: devices, modules, jobs: this.jobs.devices }, page, this.#queries);
  }

  async #writeTwin(
    id: string,
    ifMatch: string | undefined,
    opType: 'updateTwin' | 'replaceTwin',
    write: (twin: twins.TwinState) => twins.TwinChange,
  ): Promise<TwinDocument> {
    const device = this.getDevice(id);
    if (ifMatch !== undefined && !isMatch(ifMatch, twins.twinEtag(device.twin.writes))) {
      throw new HubError('PreconditionFailed', `ETag mismatch for device ID '${device.identity.deviceId}'`);
    }
    const change = write(device.twin);
    const document = toDocument(await this.#fleet.change(device, { twin: change.twin }));
    this.events.message('TwinChangeEvents', () => twinChangeMessage(this.name, opType, document, change));
    if (change.desired) this.events.emit('desired', { ...splitId(id), patch: change.desired });
    return document;
  }
}

import { randomUUID } from 'node:crypto';
import type { RoutedMessage, RouteSource } from '../../service/types';
import type { SubscriptionDefinition } from '../topology';
import { Subscription, type SubscriptionOptions } from './subscription';

/** The types of the hub's own events (Azure Event Grid, "Azure IoT Hub as an Event Grid source"), by operation. */
const types: Readonly<Record<string, string>> = {
  createDeviceIdentity: 'Microsoft.Devices.DeviceCreated',
  deleteDeviceIdentity: 'Microsoft.Devices.DeviceDeleted',
  deviceConnected: 'Microsoft.Devices.DeviceConnected',
  deviceDisconnected: 'Microsoft.Devices.DeviceDisconnected',
};

/** Tells of the lives and connections of a hub's devices, in the Event Grid schema. */
export class SystemTopic {
  readonly #subscriptions: Subscription[];
  readonly #id: string;

  constructor(hubName: string, subscriptions: readonly SubscriptionDefinition[], options: SubscriptionOptions) {
    this.#id = `/SUBSCRIPTIONS/EMULATOR/RESOURCEGROUPS/EMULATOR/PROVIDERS/MICROSOFT.DEVICES/IOTHUBS/${hubName.toUpperCase()}`;
    this.#subscriptions = subscriptions.map((each) => new Subscription(each, 'EventGridSchema', this.#id, options));
  }

  /** Those whose messages may become its events. */
  get sources(): RouteSource[] {
    return this.#subscriptions.length > 0 ? ['DeviceLifecycleEvents', 'DeviceConnectionStateEvents'] : [];
  }

  /** Takes what the hub tells its routes; what is none of its events passes by. */
  take({ deviceId, applicationProperties: properties, body }: RoutedMessage): void {
    const eventType = types[properties.opType ?? ''];
    if (eventType === undefined) return;
    const told = JSON.parse(body.toString());
    const isLife = /Created|Deleted/.test(eventType);
    const event = {
      id: randomUUID(),
      topic: this.#id,
      subject: `devices/${deviceId}`,
      eventType,
      eventTime: properties.operationTimestamp,
      data: {
        hubName: properties.hubName,
        deviceId,
        ...(isLife ? { twin: told } : { moduleId: '', deviceConnectionStateEventInfo: told }),
      },
      dataVersion: '1',
      metadataVersion: '1',
    };
    for (const subscription of this.#subscriptions) subscription.take(event);
  }

  /** Ends all deliveries; answers how many events were not delivered. */
  stop(): number {
    return this.#subscriptions.reduce((dropped, subscription) => dropped + subscription.stop(), 0);
  }
}

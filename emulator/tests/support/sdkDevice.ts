import { on } from 'node:events';
import { promisify } from 'node:util';
import { Client, ModuleClient, type Twin } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import type { IotHub } from 'iot-hub-emulator';

/** The device SDK's client of a registered device; `gateway` is another address to dial, for example of a proxy. */
export async function deviceOf(hub: IotHub, deviceId: string, gateway?: string): Promise<Client> {
  const detour = gateway === undefined ? '' : `;GatewayHostName=${gateway}`;
  const client = Client.fromConnectionString(hub.deviceConnectionString(deviceId) + detour, Mqtt);
  await client.setOptions({ ca: hub.caCertificate });
  return client;
}

/** The device SDK's client of a registered module, `device/module`. */
export async function moduleOf(hub: IotHub, id: string): Promise<ModuleClient> {
  const client = ModuleClient.fromConnectionString(hub.deviceConnectionString(id), Mqtt);
  await client.setOptions({ ca: hub.caCertificate });
  return client;
}

/** Reports properties; resolves when the hub has confirmed them. */
export function report(twin: Twin, patch: object): Promise<void> {
  return promisify<object, void>((properties, done) => twin.properties.reported.update(properties, done))(patch);
}

/** Listens to a device's desired properties, and waits until the hub knows. */
export async function desiredChanges(client: Client | ModuleClient): Promise<DesiredChanges> {
  const changes = on(await client.getTwin(), 'properties.desired');
  // Its request goes out after the subscription, so that the answer says that there is one.
  await client.getTwin();
  return changes;
}

/** What the SDK tells of desired properties, from the first on. */
export type DesiredChanges = AsyncIterator<DesiredPatch[]>;

export interface DesiredPatch {
  $version: number;
  [name: string]: unknown;
}

/** The patch that made a version of the desired properties, among what the SDK tells of them. */
export async function patchTo(version: number, changes: DesiredChanges): Promise<DesiredPatch> {
  for (;;) {
    const [patch]: DesiredPatch[] = (await changes.next()).value;
    if (patch?.$version === version) return patch;
  }
}

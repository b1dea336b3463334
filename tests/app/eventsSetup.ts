import { endpoint } from '../../src/api/http/endpoint';
import { createServices } from '../../src/app/services';
import { readSettings } from '../../src/app/settings';
import { SeenEvents } from '../../src/changes/seenEvents';
import { deviceChanges } from '../../src/functions/deviceChanges';
import { onTwinChange } from '../../src/functions/onTwinChange';
import { relayTwinChanges } from '../../src/functions/relayTwinChanges';
import { memoryTables } from '../support/memoryTables';
import { call, keepingIn, recordingContext } from './functionCalls';

/** Where these tests keep what the app keeps. */
export const tables = memoryTables();
const settings = readSettings({
  IOTHUB_HOSTNAME: 'hub.azure-devices.net',
  TwinChangesTopic__topicEndpointUri: 'https://topic.example/api/events',
});
export const services = keepingIn(tables, createServices(settings));
let devices = 0;

/** No test sees the devices of another. */
export const newDevice = () => `device-${++devices}`;
export const hubTime = '2025-11-29T02:32:16.8821234Z';
/** The application properties of an update. */
export const propertiesOf = (deviceId: string, operationTimestamp = hubTime) => ({
  hubName: 'hub',
  deviceId,
  operationTimestamp,
  opType: 'updateTwin',
});

interface Batch {
  properties: unknown[];
  [name: string]: unknown;
}

/** Relays a batch; the lists that the host gives beside its bodies come in its metadata. */
export async function relay(messages: unknown[], { properties, ...metadata }: Batch) {
  const { context, logged } = recordingContext({ propertiesArray: properties, ...metadata });
  return { events: (await relayTwinChanges(messages, context, services)) ?? [], logged, context };
}

/** The event that the relay makes of an update. */
export async function eventOf(deviceId: string, update: object, operationTimestamp?: string) {
  const { events } = await relay([update], { properties: [propertiesOf(deviceId, operationTimestamp)] });
  return JSON.parse(JSON.stringify(events[0])) as { id: string; time: string; data: Record<string, unknown> };
}

/** Tells the app of an event, as Event Grid does; what was logged. */
export async function tell(event: unknown, to = services): Promise<string[]> {
  const { context, logged } = recordingContext();
  await onTwinChange(event, context, to, new SeenEvents());
  return logged;
}

/** The history of a device. */
export async function changesOf(deviceId: string) {
  const { body } = await call(endpoint(deviceChanges, services), { method: 'GET', params: { deviceId } });
  return (body as { changes: { time: string; version: number; values: { path: string; after: unknown }[] }[] }).changes;
}

/** A row of what could not be read. */
export const putAside = (partition: string, row: string) =>
  tables.use('PutAside', (table) => table.get(partition, row));

/** Topics and filters of the hub (Azure IoT Hub, "Communicate with an IoT hub using the MQTT protocol"). */

/** What a device asks for its twin's properties with; a query with `$rid` follows. */
export const getTwinTopic = '$iothub/twin/GET/?';

/** What a device reports properties with; a query with `$rid` follows. */
export const patchReportedTopic = '$iothub/twin/PATCH/properties/reported/?';

/** What a device sends telemetry with; a property bag may follow. */
export const telemetryTopic = (deviceId: string) => `devices/${deviceId}/messages/events/`;

/** Answers to twin requests. */
export const responseFilter = '$iothub/twin/res/#';

/** Changes of desired properties. */
export const desiredFilter = '$iothub/twin/PATCH/properties/desired/#';

/** Whether the hub offers a subscription to a device. Direct methods and messages to devices are never sent yet. */
export function isOffered(deviceId: string, filter: string): boolean {
  return [
    responseFilter,
    desiredFilter,
    '$iothub/methods/POST/#',
    `devices/${deviceId}/messages/devicebound/#`,
  ].includes(filter);
}

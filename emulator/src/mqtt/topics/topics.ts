/** Topics and filters of the hub (Azure IoT Hub, "Communicate with an IoT hub using the MQTT protocol"). */

/** What a device asks for its twin's properties with; a query with `$rid` follows. */
export const getTwinTopic = '$iothub/twin/GET/?';

/** What a device reports properties with; a query with `$rid` follows. */
export const patchReportedTopic = '$iothub/twin/PATCH/properties/reported/?';

/** What a device answers a direct method with; the status and a query with `$rid` follow. */
export const methodResponseTopic = '$iothub/methods/res/';

/** Where the topics of an identity begin that carry its name: `devices/{d}`, `devices/{d}/modules/{m}`. */
function pathOf(id: string): string {
  return `devices/${id.replace('/', '/modules/')}`;
}

/** What a device or module sends telemetry with; a property bag may follow. */
export const telemetryTopic = (id: string) => `${pathOf(id)}/messages/events/`;

/** Answers to twin requests. */
export const responseFilter = '$iothub/twin/res/#';

/** Changes of desired properties. */
export const desiredFilter = '$iothub/twin/PATCH/properties/desired/#';

/** Calls of direct methods, whatever their name. */
const methodsFilter = '$iothub/methods/POST/#';

/** Filters that hear of a call of a direct method. */
export function methodFilters(methodName: string): string[] {
  return [methodsFilter, `$iothub/methods/POST/${methodName}/#`];
}

/** Where the topics of messages to a device or module begin; a property bag follows. */
export const deviceBoundTopic = (id: string) => `${pathOf(id)}/messages/devicebound/`;

/**
 * Filters that hear of messages to a device or module. Those to a module come to whoever subscribed to its inputs, as Node's
 * client does (azure-iot-sdk-node, issue 1007), or to all below its path, as .NET's.
 */
export function deviceBoundFilters(id: string): string[] {
  const own = `${deviceBoundTopic(id)}#`;
  return id.includes('/') ? [own, `${pathOf(id)}/inputs/#`, `${pathOf(id)}/#`] : [own];
}

/** The same for every device: kept once, however many subscribe. */
const shared = [responseFilter, desiredFilter, methodsFilter];

/** A filter that the hub offers to a device or module, or `undefined`. */
export function offered(id: string, filter: string): string | undefined {
  const known = shared.find((each) => each === filter);
  if (known !== undefined) return known;
  return deviceBoundFilters(id).includes(filter) || /^\$iothub\/methods\/POST\/[^/#+]+\/#$/.test(filter)
    ? filter
    : undefined;
}

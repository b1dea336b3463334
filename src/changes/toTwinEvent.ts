import type { HubNotification } from './hubNotification';
import type { Section, TwinChange, TwinEvent } from './twinEvent';

type TwinNotification = Extract<HubNotification, { opType: 'updateTwin' | 'replaceTwin' }>;

/** The CloudEvent that a notification of the hub becomes. Equal notifications become equal events. */
export function toTwinEvent(notification: HubNotification): TwinEvent {
  const { hubName, deviceId, moduleId, operationTimestamp: time, opType, body } = notification;
  const envelope = {
    specversion: '1.0' as const,
    id: [hubName, deviceId, moduleId, time.text, 'sequenceNumber' in body ? body.sequenceNumber : body.version].join(
      '/',
    ),
    source: `iothub/${hubName}`,
    subject: moduleId ? `devices/${deviceId}/modules/${moduleId}` : `devices/${deviceId}`,
    time: time.utc,
  };
  switch (opType) {
    case 'updateTwin':
    case 'replaceTwin':
      return { ...envelope, type: 'DeviceTwins.TwinChanged', data: toChange(notification) };
    case 'createDeviceIdentity':
      return { ...envelope, type: 'DeviceTwins.DeviceCreated', data: { version: body.version } };
    case 'deleteDeviceIdentity':
      return { ...envelope, type: 'DeviceTwins.DeviceDeleted', data: { version: body.version } };
    case 'deviceConnected':
      return { ...envelope, type: 'DeviceTwins.DeviceConnected', data: { sequenceNumber: body.sequenceNumber } };
    case 'deviceDisconnected':
      return { ...envelope, type: 'DeviceTwins.DeviceDisconnected', data: { sequenceNumber: body.sequenceNumber } };
  }
}

function toChange({ opType, body: { version, tags, properties = {} } }: TwinNotification): TwinChange {
  const sections = { tags, desired: values(properties.desired), reported: values(properties.reported) };
  return {
    operation: opType === 'updateTwin' ? 'update' : 'replace',
    version,
    ...Object.fromEntries(Object.entries(sections).filter(([, section]) => section !== undefined)),
  };
}

function values(section: Section | undefined): Section | undefined {
  if (!section) return section;
  const { $metadata, $version, ...rest } = section;
  return rest;
}

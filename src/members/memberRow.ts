import type { StoredRow } from '../azure/tables/table';
import type { ConnectionState, DeviceRow, DeviceState, Place } from './deviceState';

/** A device in a list. */
export interface Member {
  deviceId: string;
  location: string;
  connectivity: string | null;
  /** When it was put there, by the clock of this app. */
  since: string;
  /** Whether it is connected, and since when, by the hub; absent where no event told. */
  connectionState?: 'Connected' | 'Disconnected';
  connectionStateSince?: string;
}

/** The row of a device at its place in the list. */
export function memberAt({ partitionKey, rowKey }: Place, state: DeviceState): DeviceRow {
  const { deviceId, location = '', connectivity, connection } = state;
  const now = new Date().toISOString();
  return {
    ...{ partitionKey, rowKey, deviceId, location, connectivity, since: now, movedAt: now, isPresent: true },
    ...(connection ? connectionColumns(connection) : {}),
  };
}

/** What of a row tells whether the device is connected. */
export function connectionColumns({ isConnected, since, sequenceNumber }: ConnectionState) {
  return { isConnected, connectionSince: since, connectionNumber: sequenceNumber };
}

/** The device that a row tells of. */
export function toMember({ deviceId, location, connectivity, since, isConnected, connectionSince }: StoredRow): Member {
  return {
    deviceId: String(deviceId),
    location: String(location),
    connectivity: connectivity === undefined ? null : String(connectivity),
    since: String(since),
    ...(isConnected === undefined
      ? {}
      : {
          connectionState: isConnected ? 'Connected' : 'Disconnected',
          connectionStateSince: String(connectionSince),
        }),
  };
}

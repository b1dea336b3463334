import type { ChangesMeans } from '../feed/readChanges';
import { writesOf } from '../history/writeLog';
import type { Records } from './services';

/** What the feed is read with, of all that the app keeps. */
export function changesMeans({ feedReader, members, writes }: Records): ChangesMeans {
  return {
    reader: feedReader,
    async whereIs(deviceId) {
      const { location, connectivity } = (await members.read(deviceId)).state;
      return location === undefined ? undefined : { location, connectivity: connectivity ?? null };
    },
    /** Only tags are written through this app, and only those of devices. */
    async authorOf(change) {
      const { deviceId, moduleId, version, values = [], truncated } = change;
      const mayBeOurs = moduleId === undefined && (truncated || values.some(({ path }) => /^tags(\.|$)/.test(path)));
      if (!mayBeOurs || version === undefined) return {};
      const [write] = writesOf(change, await writes.between(deviceId, version, version));
      return write ? { by: write.by, ...(write.reason === undefined ? {} : { reason: write.reason }) } : {};
    },
  };
}

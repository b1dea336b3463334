import { HubError } from '../service/hubError';
import { never, serviceTime } from '../service/time';
import type { JsonObject, TwinProperties } from '../service/types';
import { mergePatch } from './mergePatch';
import { type Stamp, stampPatch } from './metadata';
import { checkSize, checkValues } from './twinLimits';

/** The twin of a device as it is kept; never changed in place, so that a reader's copy stays what it was. */
export interface TwinState {
  /** The counter behind the etag: moves with tags and desired properties. */
  writes: number;
  tags?: JsonObject;
  desired: TwinProperties;
  reported: TwinProperties;
}

/** What the service side writes: the sections to change, `null` for a section to clear. */
export interface TwinWrite {
  tags?: JsonObject | null;
  desired?: JsonObject | null;
}

/** A written twin and what the write did, as notifications tell it. */
export interface TwinChange {
  twin: TwinState;
  tags?: JsonObject;
  desired?: TwinProperties;
  reported?: TwinProperties;
}

/** The twin of a new identity: readable at once, version 2, no tags. That of a module tells no time. */
export function newTwin(isModule: boolean): TwinState {
  const $lastUpdated = isModule ? never : serviceTime();
  const empty = (): TwinProperties => ({ $metadata: { $lastUpdated }, $version: 1 });
  return { writes: 1, desired: empty(), reported: empty() };
}

/**
 * The twin of an identity that comes with tags or desired properties: they are no write of their own. Desired properties
 * of a device tell no time, and those of a module mark the reported ones too (recorded of real hubs: azure-sdk-for-net,
 * `BulkCreation_DeviceWithTwin` and `BulkCreation_ModuleWithTwin`).
 *
 * @throws HubError ArgumentInvalid when a limit of twins is broken.
 */
export function importedTwin(write: TwinWrite, isModule: boolean): TwinState {
  checkReplacement(write);
  const { tags, desired } = write;
  const $lastUpdated = serviceTime();
  const twin: TwinState = {
    writes: 1,
    desired: { $metadata: { $lastUpdated }, $version: 1 },
    reported: { $metadata: { $lastUpdated }, $version: 1 },
  };
  if (tags) twin.tags = tags;
  if (!desired) return twin;
  const stamp: Stamp = { $lastUpdated: isModule ? $lastUpdated : never, $lastUpdatedVersion: 1 };
  twin.desired = { ...desired, $metadata: stampPatch(undefined, desired, stamp), $version: 1 };
  if (isModule) twin.reported.$metadata = { ...stamp };
  return twin;
}

/** Twin version: observed on real hubs to be the etag's counter plus the version of the reported properties. */
export function twinVersion(writes: number, reportedVersion: number): number {
  return writes + reportedVersion;
}

const etagBytes = Buffer.alloc(8);

/** The etag of a twin: its counter as eight bytes, big end first, in base64. */
export function twinEtag(writes: number): string {
  etagBytes.writeBigUInt64BE(BigInt(writes));
  return etagBytes.toString('base64');
}

/**
 * Applies the service's PATCH: a merge patch of tags and desired properties, one write whatever it touches.
 *
 * @throws HubError ArgumentInvalid when a limit of twins is broken.
 */
export function patchTwin(twin: TwinState, { tags, desired }: TwinWrite): TwinChange {
  const change: TwinChange = { twin: { ...twin, writes: twin.writes + 1 } };
  if (tags !== undefined) {
    checkValues('tags', tags ?? {}, { nulls: true });
    change.twin.tags = tags === null ? {} : mergePatch(twin.tags, tags);
    checkSize('tags', twin.tags, change.twin.tags);
    change.tags = tags ?? removalOf(twin.tags ?? {});
  }
  if (desired !== undefined) {
    const patch = desired ?? removalOf(valuesOf(twin.desired));
    const { state, told } = patchProperties('desired', twin.desired, patch);
    change.twin.desired = state;
    change.desired = told;
  }
  return change;
}

/**
 * Applies the service's PUT: tags and desired properties become what it holds, nothing where it holds none.
 *
 * @throws HubError ArgumentInvalid when a limit of twins is broken.
 */
export function replaceTwin(twin: TwinState, write: TwinWrite): TwinChange {
  checkReplacement(write, twin);
  const { tags, desired } = write;
  const values = desired ?? {};
  const $version = twin.desired.$version + 1;
  const $metadata = stampPatch(undefined, values, { $lastUpdated: serviceTime(), $lastUpdatedVersion: $version });
  const state = { ...values, $metadata, $version };
  return { twin: { ...twin, writes: twin.writes + 1, tags: tags ?? {}, desired: state }, desired: state };
}

function checkReplacement({ tags, desired }: TwinWrite, before?: TwinState): void {
  for (const [section, values, old] of [
    ['tags', tags ?? {}, before?.tags],
    ['desired', desired ?? {}, before && valuesOf(before.desired)],
  ] as const) {
    checkValues(section, values, { nulls: false });
    checkSize(section, old, values);
  }
}

/**
 * Applies a device's report: a merge patch that leaves the etag as it is. It may name the version that it builds upon.
 *
 * @throws HubError PreconditionFailed where the twin has another one, ArgumentInvalid when a limit of twins is broken.
 */
export function patchReported(twin: TwinState, patch: JsonObject, baseVersion?: number): TwinChange {
  const { $version } = twin.reported;
  if (baseVersion !== undefined && baseVersion !== $version) {
    const text = `The reported properties have version ${$version}, not ${baseVersion}.`;
    throw new HubError('PreconditionFailed', text);
  }
  const { state, told } = patchProperties('reported', twin.reported, patch);
  return { twin: { ...twin, reported: state }, reported: told };
}

/** The values of a section without the hub's own members. */
function valuesOf({ $metadata, $version, ...values }: TwinProperties): JsonObject {
  return values;
}

function patchProperties(section: 'desired' | 'reported', before: TwinProperties, patch: JsonObject) {
  checkValues(section, patch, { nulls: true });
  const old = valuesOf(before);
  const values = mergePatch(old, patch);
  checkSize(section, old, values);
  const $version = before.$version + 1;
  // Real twins show the version of a value's write in desired metadata only.
  const written = section === 'desired' ? { $lastUpdatedVersion: $version } : {};
  const stamp: Stamp = { $lastUpdated: serviceTime(), ...written };
  const state = { ...values, $metadata: stampPatch(before.$metadata, patch, stamp), $version };
  return { state, told: { ...patch, $metadata: stampPatch(undefined, patch, stamp), $version } };
}

function removalOf(values: JsonObject): JsonObject {
  return Object.fromEntries(Object.keys(values).map((name) => [name, null]));
}

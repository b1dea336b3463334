import type { Entry, QuerySource } from '../../src/query/source';
import type { JsonObject, TwinDocument } from '../../src/service/types';
import { Documents } from './documents';

/** What tells the twins of a test apart; the rest is as the hub makes it for a new device. */
export interface TwinTraits {
  deviceId?: string;
  tags?: JsonObject;
  desired?: JsonObject;
  reported?: JsonObject;
}

const created = '2026-01-01T00:00:00.0000000Z';

/** Makes a twin document. */
export function twinDocument({ deviceId = 'device', tags = {}, desired = {}, reported = {} }: TwinTraits = {}) {
  return {
    deviceId,
    etag: 'AAAAAAAAAAE=',
    deviceEtag: 'MQ==',
    status: 'enabled',
    statusUpdateTime: created,
    connectionState: 'Disconnected',
    lastActivityTime: created,
    cloudToDeviceMessageCount: 0,
    authenticationType: 'sas',
    x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
    modelId: '',
    version: 2,
    tags,
    properties: {
      desired: { ...desired, $metadata: {}, $version: 1 },
      reported: { ...reported, $metadata: {}, $version: 1 },
    },
    capabilities: { iotEdge: false },
  } satisfies TwinDocument;
}

/** Twins as the hub hands them to a query, with indexes. */
export function twinSource(twins: readonly TwinDocument[]): QuerySource {
  return { twins: documentsOf(twins.map((twin) => ({ ...twin }))) };
}

/** Documents at the ordinals 1, 2, 3, … */
export function documentsOf(documents: readonly JsonObject[]): Documents<Entry> {
  const collection = new Documents<Entry>();
  for (const [index, document] of documents.entries()) collection.add(entryOf(index + 1, document));
  return collection;
}

export function entryOf(ordinal: number, document: JsonObject): Entry {
  return { ordinal, read: () => document };
}

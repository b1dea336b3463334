import { HubError, type HubErrorName, invalidArgument } from '../service/hubError';
import { isObject } from '../service/json';
import type { Json, JsonObject } from '../service/types';
import { idOf, parseIdentityInput } from './identity';
import type { Registry } from './registry';
import { parseTwinWrite } from './twinWrite';

/** Most items of one request (Azure IoT Hub REST API, bulk registry operations). */
const maxBulkItems = 100;

/** What one item failed with. */
interface BulkFault {
  deviceId: string;
  moduleId?: string;
  errorCode: HubErrorName;
  errorStatus: string;
}

/** The outcome of a bulk operation: each item succeeds or fails by itself. */
export interface BulkResult {
  isSuccessful: boolean;
  errors: BulkFault[];
  warnings: [];
}

/** What a bulk operation works on. */
export interface BulkHub {
  registry: Registry;
  patchTwin(id: string, write: ReturnType<typeof parseTwinWrite>, ifMatch?: string): Promise<unknown>;
}

/**
 * Works off the items of a bulk operation, one after another.
 *
 * @throws HubError ArgumentInvalid where it is no list of 1 to {@link maxBulkItems} items: then nothing is done.
 */
export async function runBulk(hub: BulkHub, items: Json | undefined): Promise<BulkResult> {
  if (!Array.isArray(items) || items.length === 0 || items.length > maxBulkItems) {
    throw invalidArgument(`The body must be a list of 1 to ${maxBulkItems} items.`);
  }
  const errors: BulkFault[] = [];
  for (const item of items) {
    try {
      await runItem(hub, item);
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      errors.push(toFault(item, error));
    }
  }
  return { isSuccessful: errors.length === 0, errors, warnings: [] };
}

async function runItem(hub: BulkHub, item: Json): Promise<void> {
  if (!isObject(item) || typeof item.id !== 'string') throw invalidArgument('An item needs an id.');
  const { id: deviceId, moduleId, importMode = 'create', eTag = item.etag, twinETag } = item;
  const id = idOf({ deviceId, ...(typeof moduleId === 'string' ? { moduleId } : {}) });
  const { registry } = hub;
  switch (String(importMode).toLowerCase()) {
    case 'create':
      return void (await registry.create(id, parseIdentityInput(item), { write: initialTwin(item) }));
    case 'update':
      return void (await registry.update(id, parseIdentityInput(item), '*'));
    case 'updateifmatchetag':
      return void (await registry.update(id, parseIdentityInput(item), etagOf(eTag)));
    case 'delete':
      return registry.remove(id, '*');
    case 'deleteifmatchetag':
      // Without one it is a delete (recorded: azure-sdk-for-net, `Jobs_Export_Import_Lifecycle`).
      return registry.remove(id, etagOf(eTag ?? '*'));
    case 'updatetwin':
      return void (await hub.patchTwin(id, parseTwinWrite(item)));
    case 'updatetwinifmatchetag':
      return void (await hub.patchTwin(id, parseTwinWrite(item), etagOf(twinETag)));
    default:
      throw invalidArgument(`'${importMode}' is no importMode.`);
  }
}

function initialTwin(item: JsonObject) {
  return item.tags === undefined && item.properties === undefined ? undefined : parseTwinWrite(item);
}

function etagOf(etag: Json | undefined): string {
  if (typeof etag !== 'string' || etag === '') throw new HubError('PreconditionFailed', 'Etag missing');
  return etag;
}

function toFault(item: Json, { errorName, message }: HubError): BulkFault {
  const { id, moduleId } = isObject(item) ? item : {};
  return {
    deviceId: typeof id === 'string' ? id : '',
    ...(typeof moduleId === 'string' ? { moduleId } : {}),
    errorCode: errorName,
    errorStatus: message,
  };
}

import type { OperationKind } from '../hub/operationKind';
import type { Passage } from '../limits/gate';
import type { Json } from '../service/types';
import { JsonText, type Reply } from '../wire/reply';
import type { Operation } from './operations/operation';

/** Payloads of direct methods are throttled by the block. */
const methodBlockBytes = 4096;

/** What an operation is to throttles and the quota. */
export function passageOf({ kind, method }: Operation, body: Json | undefined, bodyBytes: number): Passage<Reply> {
  return {
    kind,
    name: nameOf(kind, method),
    cost: costOf(kind, body, bodyBytes),
    metered: (reply) => meteredSizes(kind, bodyBytes, reply),
  };
}

/** Names as real hubs give them: `RegistryRead`, and `CRUD` for writes of identities. */
function nameOf(kind: OperationKind, method: string): string {
  if (kind === 'registry') return method === 'GET' ? 'RegistryRead' : 'CRUD';
  return kind.charAt(0).toUpperCase() + kind.slice(1);
}

/** Each item of a bulk operation counts. */
function costOf(kind: OperationKind, body: Json | undefined, bodyBytes: number): number {
  if (kind === 'registry' && Array.isArray(body)) return Math.max(1, body.length);
  return kind === 'method' ? Math.max(1, Math.ceil(bodyBytes / methodBlockBytes)) : 1;
}

function meteredSizes(kind: OperationKind, bodyBytes: number, { headers, body }: Reply): number[] {
  const replyBytes = () => Buffer.byteLength(body instanceof JsonText ? body.text : JSON.stringify(body ?? null));
  switch (kind) {
    case 'twinRead':
      return [replyBytes()];
    case 'query':
      return headers?.['x-ms-item-type'] === 'DeviceJob' ? [] : [replyBytes()];
    case 'twinUpdate':
      return [bodyBytes];
    case 'method':
      return [bodyBytes, replyBytes()];
    default:
      return [];
  }
}

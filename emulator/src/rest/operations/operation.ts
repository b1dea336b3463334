import type { IncomingHttpHeaders } from 'node:http';
import { idOf } from '../../hub/identity';
import type { OperationKind } from '../../hub/operationKind';
import type { Hub } from '../../iotHub';
import type { Right } from '../../security/policies';
import { invalidArgument } from '../../service/hubError';
import type { Json } from '../../service/types';
import type { Reply } from '../../wire/reply';

/** A request whose caller has the right for it. */
export interface Call {
  hub: Hub;
  /** Segments of the path that the operation leaves open, decoded. */
  parameters: string[];
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** The JSON body; `undefined` where there is none. */
  body: Json | undefined;
}

/** One operation of the service API (api-version 2021-04-12). */
export interface Operation {
  method: string;
  /** Segments of its path; `*` stands for any. */
  path: readonly string[];
  right: Right;
  /** What it counts as for throttles, the quota and faults. */
  kind: OperationKind;
  run(call: Call): Reply | Promise<Reply>;
}

/**
 * The device, or the module on one, that a path names.
 *
 * @throws HubError ArgumentInvalid for an id that none can have: with a slash in it, one would be taken for another.
 */
export function idOfPath([deviceId = '', moduleId]: string[]): string {
  if (deviceId.includes('/') || moduleId?.includes('/')) throw invalidArgument('An id holds no slash.');
  return idOf(moduleId === undefined ? { deviceId } : { deviceId, moduleId });
}

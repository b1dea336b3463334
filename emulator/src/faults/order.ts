import * as z from 'zod/mini';
import { operationKinds } from '../hub/operationKind';
import type { HubErrorName } from '../service/hubError';
import { parseInput } from './adminInput';
import type { Fault, FaultOrder, FaultStatus } from './fault';

/** Statuses that a fault may answer with, and the code that goes with each. */
export const faultStatuses = {
  401: 'IotHubUnauthorized',
  403: 'IotHubQuotaExceeded',
  404: 'DeviceNotFound',
  412: 'PreconditionFailed',
  429: 'ThrottlingBacklogTimeout',
  500: 'ServerError',
  503: 'ServiceUnavailable',
} as const satisfies Record<FaultStatus, HubErrorName>;

const maxDelayMs = 10 * 60 * 1000;
const maxCount = 1_000_000;

const fault = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('delay'), ms: z.int().check(z.minimum(1), z.maximum(maxDelayMs)) }),
  z.strictObject({
    kind: z.literal('status'),
    status: z.literal([401, 403, 404, 412, 429, 500, 503]),
    retryAfter: z.optional(z.int().check(z.minimum(0), z.maximum(3600))),
  }),
  z.strictObject({ kind: z.literal('cut'), when: z._default(z.enum(['before', 'after']), 'before') }),
  z.strictObject({ kind: z.literal('malformed') }),
  z.strictObject({ kind: z.literal('duplicate') }),
]);

const order = z
  .strictObject({
    operation: z._default(z.enum([...operationKinds, 'any']), 'any'),
    count: z._default(z.int().check(z.minimum(1), z.maximum(maxCount)), 1),
    chance: z._default(z.number().check(z.minimum(0), z.maximum(1)), 1),
    fault,
  })
  .check(
    z.refine(({ operation, fault: { kind } }) => kind !== 'duplicate' || operation === 'any', {
      error: 'is of no use to a duplicate, which is about notifications: leave it out',
      path: ['operation'],
    }),
    z.refine(({ operation, fault }) => !isDeviceOnly(operation) || !needsAnswer(fault), {
      error: 'must come before anything is done, where there is no answer to break: delay, status or cut',
      path: ['fault'],
    }),
  );

function isDeviceOnly(operation: string): boolean {
  return operation === 'connection' || operation === 'telemetry';
}

function needsAnswer(it: Fault): boolean {
  return it.kind === 'malformed' || (it.kind === 'cut' && it.when === 'after');
}

/** @throws AdminInputError */
export function parseFaultOrder(value: unknown): FaultOrder {
  return parseInput(order, value, 'fault');
}

/** What is limited, and what faults are told for: each kind has a throttle of its own. */
export const operationKinds = [
  'registry',
  'query',
  'twinRead',
  'twinUpdate',
  'job',
  'method',
  'connection',
  'telemetry',
  'messageSend',
  'messageReceive',
] as const;

export type OperationKind = (typeof operationKinds)[number];

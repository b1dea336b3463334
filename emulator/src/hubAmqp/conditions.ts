import { HubError, type HubErrorName } from '../service/hubError';

/** The conditions by which a hub tells its errors over AMQP, as the SDKs know them. */
const conditions: Partial<Record<HubErrorName, string>> = {
  GenericBadRequest: 'com.microsoft:argument-error',
  ArgumentInvalid: 'com.microsoft:argument-error',
  ArgumentNull: 'com.microsoft:argument-error',
  IotHubUnauthorizedAccess: 'amqp:unauthorized-access',
  IotHubUnauthorized: 'amqp:unauthorized-access',
  IotHubQuotaExceeded: 'com.microsoft:quota-exceeded',
  DeviceMaximumQueueDepthExceeded: 'amqp:resource-limit-exceeded',
  DeviceNotFound: 'amqp:not-found',
  ModuleNotFound: 'amqp:not-found',
  ResourceNotFound: 'amqp:not-found',
  PreconditionFailed: 'com.microsoft:precondition-failed',
  DeviceMessageLockLost: 'com.microsoft:message-lock-lost',
  MessageTooLarge: 'amqp:link:message-size-exceeded',
  ThrottlingBacklogTimeout: 'com.microsoft:device-container-throttled',
  NotImplemented: 'amqp:not-implemented',
  ServiceUnavailable: 'com.microsoft:timeout',
};

/** The condition of an error, and what it says. */
export function conditionOf(error: unknown): { condition: string; description: string } {
  if (!(error instanceof HubError)) {
    return { condition: 'amqp:internal-error', description: 'The emulator failed; its log says why.' };
  }
  return { condition: conditions[error.errorName] ?? 'amqp:internal-error', description: error.message };
}

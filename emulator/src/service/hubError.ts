import type { JsonObject } from './types';

/** The service's errors that this emulator answers with: number, HTTP status (Azure IoT Hub error codes). */
const codes = {
  GenericBadRequest: [400000, 400],
  ArgumentInvalid: [400004, 400],
  ArgumentNull: [400005, 400],
  DeserializationError: [400012, 400],
  InvalidDeviceScope: [400028, 400],
  IotHubUnauthorizedAccess: [401002, 401],
  IotHubUnauthorized: [401003, 401],
  IotHubQuotaExceeded: [403002, 403],
  DeviceMaximumQueueDepthExceeded: [403004, 403],
  DeviceNotFound: [404001, 404],
  JobNotFound: [404002, 404],
  ModuleNotFound: [404010, 404],
  ConfigurationNotFound: [404000, 404],
  ResourceNotFound: [404000, 404],
  DeviceNotOnline: [404103, 404],
  OperationNotAllowedInCurrentState: [405102, 405],
  DeviceAlreadyExists: [409001, 409],
  ModuleAlreadyExistsOnDevice: [409301, 409],
  ConfigurationAlreadyExists: [409000, 409],
  JobAlreadyExists: [409104, 409],
  PreconditionFailed: [412001, 412],
  DeviceMessageLockLost: [412002, 412],
  JobRunPreconditionFailed: [412003, 412],
  MessageTooLarge: [413001, 413],
  TooManyModulesOnDevice: [413003, 413],
  ThrottlingBacklogTimeout: [429003, 429],
  ThrottlingMaxActiveJobCountExceeded: [429004, 429],
  ServerError: [500001, 500],
  NotImplemented: [501000, 501],
  GenericBadGateway: [502000, 502],
  ServiceUnavailable: [503001, 503],
  GatewayTimeout: [504101, 504],
} as const;

export type HubErrorName = keyof typeof codes;

/** What else a refusal tells. */
interface ErrorDetails {
  /** When to try again; the service itself never says. */
  retryAfterSeconds?: number | undefined;
  /** What the service's back end adds to its errors. */
  info?: JsonObject;
}

/** A refusal of the hub, as every door tells it in its own way. */
export class HubError extends Error {
  override readonly name = 'HubError';
  readonly code: number;
  readonly status: number;

  constructor(
    readonly errorName: HubErrorName,
    message: string,
    readonly details: ErrorDetails = {},
  ) {
    super(message);
    [this.code, this.status] = codes[errorName];
  }
}

/** No such device, in the words of a registry look-up. */
export function deviceNotFound(id: string): HubError {
  return new HubError('DeviceNotFound', `The device '${id}' is not registered.`);
}

/** An argument that breaks a rule of twins or identities. */
export function invalidArgument(message: string): HubError {
  return new HubError('ArgumentInvalid', message);
}

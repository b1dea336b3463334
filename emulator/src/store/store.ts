/** What a hub keeps: identities with their twins, jobs, sessions of MQTT clients, messages to devices, feedback of them, configurations. */
export type Kind = 'identity' | 'job' | 'session' | 'message' | 'feedback' | 'configuration';

/** Where a hub keeps texts by their keys. A promise resolves when its change would survive the end of the process. */
export interface Store {
  /** Asked before anything changes that will be written. @throws HubError ServiceUnavailable while nothing can be. */
  check(): void;
  /** In no order. */
  all(kind: Kind): Iterable<[key: string, text: string]>;
  put(kind: Kind, key: string, text: string): Promise<void>;
  delete(kind: Kind, key: string): Promise<void>;
}

import type { Agent } from 'node:https';

/** Gives a client of `azure-iothub` an agent that leads to the emulator: as published it always dials port 443. */
export function overHttps<Client>(agent: Agent, client: Client): Client {
  const { _restApiClient } = client as { _restApiClient: { setOptions(options: { http: { agent: Agent } }): void } };
  _restApiClient.setOptions({ http: { agent } });
  return client;
}

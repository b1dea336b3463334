import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Registry } from 'azure-iothub';
import { type IotHub, type IotHubOptions, startIotHub } from 'iot-hub-emulator';
import { type RawReply, type RawRequest, rawRequest } from './rawRequest';
import { keyOf } from './sas';

/** An emulator on free ports, with a state folder of its own. */
export interface TestEmulator {
  hub: IotHub;
  stateDir: string;
  /** Unmodified `azure-iothub`; of the policy `iothubowner`, or of another one. */
  registry(policy?: string): Registry;
  /** The same of the SDK's other client, that of direct methods. */
  serviceClient(policy?: string): Client;
  request(request: RawRequest): Promise<RawReply>;
  stop(): Promise<void>;
}

/** Starts an emulator for tests. */
export async function startEmulator(options: IotHubOptions = {}): Promise<TestEmulator> {
  const stateDir = await mkdtemp(join(tmpdir(), 'iot-hub-emulator-'));
  const hub = await startIotHub({ port: 0, mqttPort: 0, amqpPort: 0, stateDir, ...options });
  const agent = new Agent({ ca: hub.caCertificate, keepAlive: true });
  const door = { port: hub.ports.https, ca: hub.caCertificate, key: keyOf(hub.connectionString()), agent };
  return {
    hub,
    stateDir,
    registry: (policy = 'iothubowner') => pointed(Registry.fromConnectionString(address(hub, policy)), hub, agent),
    serviceClient: (policy = 'iothubowner') => pointed(Client.fromConnectionString(address(hub, policy)), hub, agent),
    request: (request) => rawRequest(door, request),
    async stop() {
      agent.destroy();
      await hub.stop();
      await rm(stateDir, { recursive: true });
    },
  };
}

function address(hub: IotHub, policy: string): string {
  return hub.connectionString(policy).replace(/:\d+/, '');
}

/** The SDK dials port 443 whatever the connection string says; the agent's default port is its way elsewhere. */
function pointed<T extends Registry | Client>(client: T, hub: IotHub, agent: Agent): T {
  const { _restApiClient: rest } = client as unknown as {
    _restApiClient: { setOptions(options: { http: { agent: Agent } }): void };
  };
  rest.setOptions({ http: { agent: Object.assign(agent, { defaultPort: hub.ports.https }) } });
  return client;
}

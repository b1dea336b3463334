import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Registry } from 'azure-iothub';
import { type IotHub, type IotHubOptions, startIotHub } from 'iot-hub-emulator';
import { overHttps } from './overHttps';
import { type RawReply, type RawRequest, rawRequest } from './rawRequest';
import { keyOf } from './sas';

/** An emulator on free ports, with a state folder of its own. */
export interface TestEmulator {
  hub: IotHub;
  stateDir: string;
  /** Leads the SDKs to the emulator's port. */
  agent: Agent;
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
  const hub = await startIotHub({ port: 0, mqttPort: 0, amqpPort: 0, amqpsPort: 0, stateDir, ...options });
  /** The SDK dials port 443 whatever the connection string says; the agent's default port is its way elsewhere. */
  const agent = Object.assign(new Agent({ ca: hub.caCertificate, keepAlive: true }), { defaultPort: hub.ports.https });
  const door = { port: hub.ports.https, ca: hub.caCertificate, key: keyOf(hub.connectionString()), agent };
  return {
    hub,
    stateDir,
    agent,
    registry: (policy = 'iothubowner') => overHttps(agent, Registry.fromConnectionString(address(hub, policy))),
    serviceClient: (policy = 'iothubowner') => overHttps(agent, Client.fromConnectionString(address(hub, policy))),
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

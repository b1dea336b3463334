import { on } from 'node:events';
import { Agent } from 'node:https';
import { connect } from 'node:tls';
import { Message } from 'azure-iot-common';
import { Client as DeviceClient, ModuleClient } from 'azure-iot-device';
import { Amqp, AmqpWs } from 'azure-iot-device-amqp';
import { Http } from 'azure-iot-device-http';
import { Mqtt, MqttWs } from 'azure-iot-device-mqtt';
import { Client, AmqpWs as ServiceAmqpWs } from 'azure-iothub';
import type { IotHub } from 'iot-hub-emulator';
import { overAmqp } from './overAmqp';
import { keyOf } from './sas';

/** The transports of the device SDK. */
export const transports = { Amqp, AmqpWs, Mqtt, MqttWs, Http };
export type TransportName = keyof typeof transports;

/** An agent that leads to the emulator whatever the port: some transports dial 443 always. */
export function agentOf({ ports, caCertificate: ca }: IotHub, shown: { cert?: string; key?: string } = {}): Agent {
  const agent = new Agent({ ca });
  const dial = () => connect({ host: 'localhost', port: ports.https, ca, ...shown });
  return Object.assign(agent, { createConnection: dial });
}

/** A service client over AMQP, as published; of the policy `iothubowner`, or of another one. */
export function messagingService(hub: IotHub, policy = 'iothubowner', isOverWebSocket = false): Client {
  const key = keyOf(hub.connectionString(policy));
  const text = `HostName=localhost${isOverWebSocket ? '' : `:${hub.ports.amqps}`};SharedAccessKeyName=${policy};SharedAccessKey=${key}`;
  const ca = hub.caCertificate;
  if (!isOverWebSocket) return overAmqp(Client.fromConnectionString(text), { ca });
  return overAmqp(Client.fromConnectionString(text, ServiceAmqpWs), { ca, agent: agentOf(hub) });
}

/** A client of the device SDK, as published. */
export async function deviceOver(
  hub: IotHub,
  id: string,
  transport: TransportName,
  shown?: { cert: string; key: string },
): Promise<DeviceClient> {
  const client = DeviceClient.fromConnectionString(addressOf(hub, id, transport), transports[transport]);
  await client.setOptions(optionsOf(hub, shown) as Parameters<DeviceClient['setOptions']>[0]);
  return client;
}

/** The same for a module, `device/module`. */
export async function moduleOver(hub: IotHub, id: string, transport: 'Amqp' | 'AmqpWs'): Promise<ModuleClient> {
  const client = ModuleClient.fromConnectionString(addressOf(hub, id, transport), transports[transport]);
  await client.setOptions(optionsOf(hub) as Parameters<ModuleClient['setOptions']>[0]);
  return client;
}

/** A connection string for a transport; those that dial 443 always take no port. */
export function addressOf(hub: IotHub, id: string, transport: TransportName): string {
  const { amqps, mqtt } = hub.ports;
  const ports: Partial<Record<TransportName, string>> = { Amqp: `:${amqps}`, Mqtt: `:${mqtt}` };
  return hub.deviceConnectionString(id).replace(/:\d+/, ports[transport] ?? '');
}

/** Has a client trust the emulator, and its transport lead there. */
export function optionsOf(hub: IotHub, shown?: { cert: string; key: string }): object {
  const agent = agentOf(hub, shown);
  return {
    ca: hub.caCertificate,
    amqp: { webSocketAgent: agent },
    mqtt: { webSocketAgent: agent },
    http: { agent, receivePolicy: { interval: 1 } },
    ...shown,
  };
}

/** The messages that a device gets, from now on. */
export async function messagesOf(device: DeviceClient): Promise<() => Promise<Message>> {
  const messages = on(device, 'message');
  return async () => (await messages.next()).value[0];
}

/** A message as a service sends it. */
export function messageOf(body: string | Buffer, fields: Partial<Message> = {}, properties: object = {}): Message {
  const message = Object.assign(new Message(body), fields);
  for (const [name, value] of Object.entries(properties)) message.properties.add(name, value);
  return message;
}

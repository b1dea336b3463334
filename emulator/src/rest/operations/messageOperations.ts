import { ok, type Reply } from '../../wire/reply';
import { type Call, idOfPath, type Operation } from './operation';

/** What services do about messages to devices over HTTP; they send them over AMQP. */
export const messageOperations: readonly Operation[] = [
  { kind: 'messageSend', method: 'DELETE', path: ['devices', '*', 'commands'], right: 'ServiceConnect', run: purge },
];

async function purge({ hub, parameters }: Call): Promise<Reply> {
  const { deviceId } = hub.registry.get(idOfPath(parameters)).identity;
  return ok({ totalMessagesPurged: await hub.messages.purge(deviceId), deviceId, moduleId: null });
}

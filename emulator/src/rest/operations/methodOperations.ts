import { parseMethodCall } from '../../hub/methodCall';
import { ok, type Reply } from '../../wire/reply';
import { type Call, idOfPath, type Operation } from './operation';

/** Direct methods of devices and modules. */
export const methodOperations: readonly Operation[] = [
  { kind: 'method', method: 'POST', path: ['twins', '*', 'methods'], right: 'ServiceConnect', run: invoke },
  {
    kind: 'method',
    method: 'POST',
    path: ['twins', '*', 'modules', '*', 'methods'],
    right: 'ServiceConnect',
    run: invoke,
  },
];

async function invoke({ hub, parameters, body }: Call): Promise<Reply> {
  return ok(await hub.methods.invoke(idOfPath(parameters), parseMethodCall(body)));
}

import { parseTwinWrite } from '../../hub/twinWrite';
import { HubError, invalidArgument } from '../../service/hubError';
import { isObject } from '../../service/json';
import type { TwinDocument } from '../../service/types';
import type { Reply } from '../../wire/reply';
import { type Call, idOfPath, type Operation } from './operation';

/** Twins, and queries over them. */
export const twinOperations: readonly Operation[] = [
  { kind: 'query', method: 'POST', path: ['devices', 'query'], right: 'ServiceConnect', run: queryTwins },
  { kind: 'twinRead', method: 'GET', path: ['twins', '*'], right: 'ServiceConnect', run: getTwin },
  { kind: 'twinUpdate', method: 'PATCH', path: ['twins', '*'], right: 'ServiceConnect', run: patchTwin },
  { kind: 'twinUpdate', method: 'PUT', path: ['twins', '*'], right: 'ServiceConnect', run: replaceTwin },
  { kind: 'twinRead', method: 'GET', path: ['twins', '*', 'modules', '*'], right: 'ServiceConnect', run: getTwin },
  {
    kind: 'twinUpdate',
    method: 'PATCH',
    path: ['twins', '*', 'modules', '*'],
    right: 'ServiceConnect',
    run: patchTwin,
  },
  {
    kind: 'twinUpdate',
    method: 'PUT',
    path: ['twins', '*', 'modules', '*'],
    right: 'ServiceConnect',
    run: replaceTwin,
  },
];

function getTwin({ hub, parameters }: Call): Reply {
  return twinReply(hub.getTwin(idOfPath(parameters)));
}

async function patchTwin({ hub, parameters, headers, body }: Call): Promise<Reply> {
  return twinReply(await hub.patchTwin(idOfPath(parameters), parseTwinWrite(body), headers['if-match']));
}

async function replaceTwin({ hub, parameters, headers, body }: Call): Promise<Reply> {
  return twinReply(await hub.replaceTwin(idOfPath(parameters), parseTwinWrite(body), headers['if-match']));
}

function queryTwins({ hub, headers, body }: Call): Reply {
  const text = isObject(body) ? body.query : undefined;
  if (text === undefined) throw new HubError('ArgumentNull', 'The body lacks query.');
  if (typeof text !== 'string') throw invalidArgument('query must be a string.');
  const continuation = headers['x-ms-continuation'];
  const page = hub.query(text, {
    maxItemCount: Number(headers['x-ms-max-item-count']) || undefined,
    continuation: typeof continuation === 'string' && continuation !== '' ? continuation : undefined,
  });
  const next = page.continuation === undefined ? {} : { 'x-ms-continuation': page.continuation };
  return { status: 200, headers: { 'x-ms-item-type': page.itemType, ...next }, body: page.items };
}

function twinReply(twin: TwinDocument): Reply {
  return { status: 200, headers: { etag: `"${twin.etag}"` }, body: twin };
}

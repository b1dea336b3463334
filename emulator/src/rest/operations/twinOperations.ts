import { parseTwinWrite } from '../../hub/twinWrite';
import { HubError, invalidArgument } from '../../service/hubError';
import { isObject } from '../../service/json';
import type { Json } from '../../service/types';
import { JsonText, ok, type Reply } from '../../wire/reply';
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

function getTwin({ hub, parameters, query }: Call): Reply {
  const id = idOfPath(parameters);
  return ok(hasModelId(query) ? new JsonText(hub.getTwinText(id)) : ofVersion(query, hub.getTwin(id)));
}

async function patchTwin({ hub, parameters, query, headers, body }: Call): Promise<Reply> {
  const twin = await hub.patchTwin(idOfPath(parameters), parseTwinWrite(body), headers['if-match']);
  return ok(ofVersion(query, twin));
}

async function replaceTwin({ hub, parameters, query, headers, body }: Call): Promise<Reply> {
  const twin = await hub.replaceTwin(idOfPath(parameters), parseTwinWrite(body), headers['if-match']);
  return ok(ofVersion(query, twin));
}

async function queryTwins({ hub, query, headers, body }: Call): Promise<Reply> {
  const text = isObject(body) ? body.query : undefined;
  if (text === undefined) throw new HubError('ArgumentNull', 'The body lacks query.');
  if (typeof text !== 'string') throw invalidArgument('query must be a string.');
  const continuation = headers['x-ms-continuation'];
  const page = await hub.query(text, {
    maxItemCount: Number(headers['x-ms-max-item-count']) || undefined,
    continuation: typeof continuation === 'string' && continuation !== '' ? continuation : undefined,
  });
  const next = page.continuation === undefined ? {} : { 'x-ms-continuation': page.continuation };
  const isTwins = page.itemType === 'Twin';
  const items = page.items.map((item) => (isTwins && isObject(item) ? ofVersion(query, item) : item));
  return { status: 200, headers: { 'x-ms-item-type': page.itemType, ...next }, body: items };
}

/** The first version of the API whose twins have a `modelId`; recorded answers to 2020-03-13 have none. */
const firstWithModelId = '2020-05-31-preview';

function hasModelId(query: URLSearchParams): boolean {
  const version = query.get('api-version');
  return !version || version >= firstWithModelId;
}

function ofVersion<T extends { modelId?: Json }>(query: URLSearchParams, twin: T): T | Omit<T, 'modelId'> {
  if (hasModelId(query)) return twin;
  const { modelId, ...rest } = twin;
  return rest;
}

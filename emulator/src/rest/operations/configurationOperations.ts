import {
  type Configuration,
  etagOf,
  parseConfiguration,
  targetQuery,
  toDocument,
} from '../../configurations/configuration';
import { etagIn } from '../../hub/etag';
import { ok, type Reply } from '../../wire/reply';
import type { Call, Operation } from './operation';

const kind = 'registry';

/** Automatic configurations: they are kept, and change no twin. */
export const configurationOperations: readonly Operation[] = [
  { kind, method: 'GET', path: ['configurations'], right: 'RegistryRead', run: list },
  { kind, method: 'GET', path: ['configurations', '*'], right: 'RegistryRead', run: get },
  { kind, method: 'PUT', path: ['configurations', '*'], right: 'RegistryWrite', run: put },
  { kind, method: 'DELETE', path: ['configurations', '*'], right: 'RegistryWrite', run: remove },
];

/** Most that one list holds; any other `top` counts as this one. */
const maxListed = 100;

function list({ hub, query }: Call): Reply {
  const top = Number(query.get('top'));
  return ok(hub.configurations.list(top >= 1 && top < maxListed ? Math.floor(top) : maxListed).map(toDocument));
}

function get({ hub, parameters: [id = ''] }: Call): Reply {
  return reply(hub.configurations.get(id));
}

/** Without `If-Match`, or with an empty one, a PUT creates, else it updates. */
async function put({ hub, parameters: [id = ''], headers, body }: Call): Promise<Reply> {
  const input = parseConfiguration(id, body);
  for (const query of [targetQuery(input), ...Object.values(input.metrics)]) {
    if (query !== undefined) await hub.query(query, { maxItemCount: 1 });
  }
  const ifMatch = headers['if-match'];
  const creates = ifMatch === undefined || etagIn(ifMatch) === '';
  return reply(await (creates ? hub.configurations.create(input) : hub.configurations.update(input, ifMatch)));
}

/** Without `If-Match` whatever its etag: so Node's SDK removes. */
async function remove({ hub, parameters: [id = ''], headers }: Call): Promise<Reply> {
  await hub.configurations.remove(id, headers['if-match'] ?? '*');
  return { status: 204 };
}

function reply(configuration: Configuration): Reply {
  return { status: 200, headers: { etag: `"${etagOf(configuration)}"` }, body: toDocument(configuration) };
}

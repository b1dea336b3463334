import type fc from 'fast-check';
import { endpoint } from '../../src/api/http/endpoint';
import { createServices, openRecords, type Services } from '../../src/app/services';
import { readSettings } from '../../src/app/settings';
import type { Row, Table } from '../../src/azure/tables/table';
import { Tables } from '../../src/azure/tables/tables';
import { changes } from '../../src/functions/changes';
import { relayTwinChanges } from '../../src/functions/relayTwinChanges';
import { call, type HttpAnswer, recordingContext } from './functionCalls';

const settings = readSettings({
  IOTHUB_HOSTNAME: 'hub.azure-devices.net',
  TwinChangesTopic__topicEndpointUri: 'https://topic.example/api/events',
});

/** An instance of the app: what it remembers is its own, the tables are not. */
export function instanceOn(tables: Tables): Services {
  const records = openRecords(tables, 'Redmond43');
  return { ...createServices(settings), records: () => records };
}

/** A message of the Event Hub. */
export interface Message {
  sequenceNumber: number;
  deviceId: string;
  /** Undefined: the message is none of the hub's. */
  version: number | undefined;
  tags?: object;
  /** Second of the hub's clock. */
  second: number;
}

/** Relays a batch, as the host hands it over. */
export async function relay(services: Services, messages: readonly Message[], partitionId = '0') {
  const { context } = recordingContext({
    propertiesArray: messages.map(({ deviceId, second }) => ({
      hubName: 'hub',
      deviceId,
      operationTimestamp: new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString(),
      opType: 'updateTwin',
    })),
    sequenceNumberArray: messages.map(({ sequenceNumber }) => sequenceNumber),
    partitionContext: { fullyQualifiedNamespace: 'ns', eventHubName: 'twin-changes', partitionId },
  });
  const bodies = messages.map(({ version, tags }) =>
    version === undefined ? 'none' : { version, tags: tags ?? { n: version } },
  );
  return (await relayTwinChanges(bodies, context, services)) ?? [];
}

/** A change as the feed tells it. */
export interface Told {
  id: string;
  deviceId: string;
  version?: number;
  type: string;
  [member: string]: unknown;
}

/** Asks for changes, as an integrator does. */
export function ask(services: Services, query: Record<string, string> = {}, accept?: string): Promise<HttpAnswer> {
  return call(endpoint(changes, services), {
    method: 'GET',
    url: `http://localhost/api/changes?${new URLSearchParams(query)}`,
    query,
    headers: accept === undefined ? {} : { accept },
  });
}

/** Follows the feed from a cursor as far as it goes. */
export async function follow(services: Services, after?: string, query: Record<string, string> = {}) {
  const told: Told[] = [];
  let next = after;
  for (;;) {
    const { status, body } = await ask(services, { ...query, ...(next === undefined ? {} : { after: next }) });
    if (status !== 200) throw new Error(JSON.stringify(body));
    const page = body as unknown as { changes: Told[]; next: string };
    told.push(...page.changes);
    if (page.next === next && page.changes.length === 0) return { told, next };
    next = page.next;
  }
}

const operations = ['get', 'put', 'putIf', 'putAll', 'addAll', 'remove', 'removeAll', 'list'] as const;

/** A table each of whose operations is told before it is done; where that throws, it is not done. */
export function intercepted(table: Table, before: (operation: string) => Promise<void> | void): Table {
  const method =
    (name: (typeof operations)[number]) =>
    async (...args: unknown[]) => {
      await before(name);
      return (table[name] as (...args: unknown[]) => unknown).apply(table, args);
    };
  return Object.fromEntries(operations.map((name) => [name, method(name)])) as unknown as Table;
}

/** Tables whose operations are told as `Table.operation`. */
export function watched(tables: Tables, before: (operation: string) => void): Tables {
  return new Tables((name) =>
    tables.use(name, async (table) => intercepted(table, (operation) => before(`${name}.${operation}`))),
  );
}

/** The process is gone. */
export class Killed extends Error {}

/** Tables each of whose operations, and each row of a transaction, waits for its turn; a killed process gets none. */
export function turnByTurn(
  tables: Tables,
  scheduler: fc.Scheduler,
  who: string,
  life = Number.POSITIVE_INFINITY,
): Tables {
  let left = life;
  const turn = async (what: string) => {
    await scheduler.schedule(Promise.resolve(), `${who} ${what}`);
    if (left-- <= 0) throw new Killed(who);
  };
  return new Tables((name) =>
    tables.use(name, async (table) => ({
      ...intercepted(table, turn),
      // Harder than it is: a transaction of Azure's appears whole.
      async putAll(rows: readonly Row[]) {
        for (const row of rows) {
          await turn('putAll');
          await table.put(row);
        }
      },
    })),
  );
}

import { Agent } from 'node:https';
import { Registry, type Twin } from 'azure-iothub';

/** A hub as the tutorial's scripts see it. */
export interface TutorialHub {
  port: number;
  ca: string;
  connectionString: string;
}

/**
 * `azure-iothub` as it is published. It dials port 443, so it is given an agent that knows better, and is otherwise like
 * Node's own: connections are kept alive.
 */
export function tutorialRegistry({ port, ca, connectionString }: TutorialHub): { registry: Registry; end(): void } {
  const registry = Registry.fromConnectionString(connectionString.replace(/(HostName=[^:;]+):\d+/, '$1'));
  const agent = Object.assign(new Agent({ ca, keepAlive: true, scheduling: 'lifo', timeout: 5000 }), {
    defaultPort: port,
  });
  (registry as unknown as { _restApiClient: { setOptions(options: object): void } })._restApiClient.setOptions({
    http: { agent },
  });
  return { registry, end: () => agent.destroy() };
}

/** Reads every twin of the fleet by a query over all of it, page by page as the SDK asks for them. */
export async function* allTwins(registry: Registry): AsyncGenerator<Twin[], void> {
  const query = registry.createQuery('SELECT * FROM devices');
  do {
    const { result } = await query.nextAsTwin();
    yield result;
  } while (query.hasMoreResults);
}
